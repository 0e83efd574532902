//! Cookies, beside a simple model of RFC 6265.

use std::collections::BTreeMap;

use http::HeaderValue;
use url::Url;

use crate::native::dial::fuzz::assert_hides;
use crate::native::handshake::cookies::CookieJar;
use crate::native::url::parse_url;

/// The cookies of the model, by origin, domain, path and name: value, and whether it is for secure origins only.
type Jar = BTreeMap<[String; 4], (String, bool)>;

/// Lines: a URL, or a URL, a blank and a cookie that its server sets. A line that begins with `*` stands for more cookies than
/// an origin may have, one with `+` for more origins than a jar keeps, and `!` removes all cookies.
pub(crate) fn cookies(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (jar, mut model) = (CookieJar::new(), Jar::new());
    for line in text.split('\n').take(40) {
        if line == "!" {
            jar.clear();
            model.clear();
            continue;
        }
        let (url, set_cookie) = match line.split_once(' ') {
            Some((url, set_cookie)) => (url, Some(set_cookie)),
            None => (line, None),
        };
        if let (Some(url), Some(set_cookie)) = (url.strip_prefix('*'), set_cookie) {
            (0..60).for_each(|number| add(&jar, &mut model, url, &format!("{number}{set_cookie}")));
            continue;
        }
        if let (Some(name), Some(set_cookie)) = (url.strip_prefix('+'), set_cookie) {
            (0..110).for_each(|number| add(&jar, &mut model, &format!("ws://{name}{number}.test"), set_cookie));
            continue;
        }
        let Ok(parsed) = parse_url(url) else {
            assert!(jar.cookies(url).is_none());
            continue;
        };
        if !is_modelled(&parsed, set_cookie) {
            continue;
        }
        if let Some(set_cookie) = set_cookie {
            add(&jar, &mut model, url, set_cookie);
        }
        let cookies = jar.cookies(url);
        assert_eq!(
            cookies.as_deref().map(sorted),
            matching(&model, &parsed).as_deref().map(sorted),
            "{url} of {text:?}"
        );
        assert!(cookies.is_none_or(|cookies| HeaderValue::from_bytes(cookies.as_bytes()).is_ok()), "{text:?}");
    }
    assert_eq!(format!("{jar:?}"), format!("CookieJar {{ cookies: {}, .. }}", model.len()));
}

/// No server has a name that begins with a dot.
fn is_modelled(url: &Url, set_cookie: Option<&str>) -> bool {
    !url.host_str().is_some_and(|host| host.starts_with('.')) && !set_cookie.is_some_and(has_date)
}

/// Adds a cookie to the jar and to the model.
fn add(jar: &CookieJar, model: &mut Jar, url: &str, set_cookie: &str) {
    let Some(parsed) = parse_url(url).ok().filter(|parsed| is_modelled(parsed, Some(set_cookie))) else { return };
    let kept = jar.add(url, set_cookie);
    let expected = keep(model, &parsed, set_cookie);
    assert_eq!(kept.is_ok(), expected, "{url} {set_cookie:?}: {kept:?}");
    if let Err(error) = kept {
        assert_hides(&error.to_string(), set_cookie);
    }
}

/// Dates are compared with the clock, which the model has not.
fn has_date(set_cookie: &str) -> bool {
    set_cookie.to_ascii_lowercase().contains("expires")
}

fn sorted(cookies: &str) -> Vec<&str> {
    let mut cookies: Vec<_> = cookies.split("; ").collect();
    cookies.sort_unstable();
    cookies
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// RFC 6265, sections 5.2 and 5.3, for cookies that are sent to their origin only.
fn keep(model: &mut Jar, url: &Url, set_cookie: &str) -> bool {
    let mut parts = set_cookie.split(';');
    let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { return false };
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty()
        || set_cookie.len() > 4096
        || set_cookie.contains(|c: char| c.is_ascii_control() && c != '\t' || c == '\u{fffd}')
    {
        return false;
    }
    let (mut path, mut domain, mut is_secure, mut expires) = (None, None, false, false);
    for part in parts {
        let Some((attribute, value)) = part.split_once('=') else {
            is_secure |= part.trim().eq_ignore_ascii_case("secure");
            continue;
        };
        let value = value.trim();
        match attribute.trim().to_ascii_lowercase().as_str() {
            "path" => path = value.starts_with('/').then(|| value.to_owned()),
            // Undefined if it is empty. Here it is ignored.
            "domain" if value == "." => domain = None,
            "domain" if !value.is_empty() => {
                // The crate `cookie` ignores blanks after the dot as well. The cookie is for its origin only in any case.
                domain = Some(value.strip_prefix('.').unwrap_or(value).trim().to_ascii_lowercase());
            }
            "secure" => is_secure = true,
            "max-age" => {
                // By the letter of section 5.2.2, `-` is a negative number. The crate `cookie_store` takes no digits at all as
                // the largest number, where the standard ignores the attribute: that matters after a `Max-Age=0` only.
                let digits = value.strip_prefix('-').unwrap_or(value);
                if digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    expires = value.starts_with('-') || !value.is_empty() && value.bytes().all(|byte| byte == b'0');
                }
            }
            _ => {}
        }
    }
    let host = url.host_str().unwrap_or_default();
    let is_ours = domain.as_ref().is_none_or(|domain| {
        let is_name = matches!(url.host(), Some(url::Host::Domain(_)));
        host == domain || is_name && host.strip_suffix(domain.as_str()).is_some_and(|prefix| prefix.ends_with('.'))
    });
    if !is_ours {
        return false;
    }
    let default = url.path().rsplit_once('/').map(|(path, _)| path).filter(|path| !path.is_empty()).unwrap_or("/");
    let domain = domain.unwrap_or_else(|| host.to_owned());
    let key = [origin(url), domain, path.unwrap_or_else(|| default.to_owned()), name.to_owned()];
    if expires {
        return model.remove(&key).is_some();
    }
    let mut origins: Vec<_> = model.keys().map(|[known, ..]| known).collect();
    origins.dedup();
    if origins.len() >= 100 && !origins.contains(&&key[0]) {
        return false;
    }
    let count = model.keys().filter(|[known, ..]| *known == key[0]).count();
    if count >= 50 && !model.contains_key(&key) {
        return false;
    }
    model.insert(key, (value.to_owned(), is_secure));
    true
}

/// Whether secure cookies are sent to this URL. Loopback addresses are as good as TLS, as in browsers.
fn is_trusted(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    is_loopback || url.scheme() == "wss"
}

/// RFC 6265, section 5.4.
fn matching(model: &Jar, url: &Url) -> Option<String> {
    let path_matches = |path: &str| {
        url.path()
            .strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || path.ends_with('/') || rest.starts_with('/'))
    };
    let of_origin = model.iter().filter(|([known, _, path, _], (_, is_secure))| {
        *known == origin(url) && path_matches(path) && (!is_secure || is_trusted(url))
    });
    let pairs: Vec<_> = of_origin.map(|([.., name], (value, _))| format!("{name}={value}")).collect();
    (!pairs.is_empty()).then(|| pairs.join("; "))
}
