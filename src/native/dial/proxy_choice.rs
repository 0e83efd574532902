//! Chooses the proxy of a destination: none, the one of the options, or one of the environment.

use std::env::VarError;

use super::connector::Destination;
use super::no_proxy::NoProxy;
use super::proxy::Proxy;
use crate::error::ConfigError;

/// The proxy options of a client.
#[derive(Clone, Default)]
pub(crate) enum ProxyChoice {
    #[default]
    None,
    Fixed(String),
    Environment,
    /// Both are set.
    Conflict,
}

impl ProxyChoice {
    pub(crate) fn combine(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, chosen) | (Self::Fixed(_), chosen @ Self::Fixed(_)) => chosen,
            (Self::Environment, Self::Environment) => Self::Environment,
            _ => Self::Conflict,
        }
    }
}

/// The checked proxies of a client.
pub(crate) struct Proxies {
    plain: Option<Proxy>,
    secure: Option<Proxy>,
    exempt: Option<NoProxy>,
}

impl Proxies {
    pub(crate) fn new(choice: &ProxyChoice) -> Result<Self, ConfigError> {
        match choice {
            ProxyChoice::None => Ok(Self { plain: None, secure: None, exempt: None }),
            ProxyChoice::Fixed(url) => {
                let proxy = Proxy::parse(url).map_err(|fault| ConfigError::new("proxy", fault))?;
                Ok(Self { plain: Some(proxy.clone()), secure: Some(proxy), exempt: None })
            }
            ProxyChoice::Environment => Self::from_env(|name| std::env::var(name)),
            ProxyChoice::Conflict => Err(ConfigError::new("proxy", "proxy_from_env is set as well")),
        }
    }

    /// Reads the variables that curl reads, lower case before upper case, and `HTTP_PROXY`.
    fn from_env(read: impl Fn(&str) -> Result<String, VarError>) -> Result<Self, ConfigError> {
        let fault = |name: &str, fault: String| ConfigError::new("proxy_from_env", format!("{name}: {fault}"));
        // Returns the first variable that is set. An empty one counts as not set.
        let first = |names: &[&'static str]| {
            for name in names {
                match read(name) {
                    Ok(value) if !value.is_empty() => return Ok(Some((*name, value))),
                    // A proxy that was asked for must not be ignored.
                    Err(VarError::NotUnicode(_)) => return Err(fault(name, "not valid Unicode".to_owned())),
                    _ => {}
                }
            }
            Ok(None)
        };
        // In CGI programs this variable is the `Proxy` header of the request ("httpoxy", CVE-2016-5385).
        let is_cgi = first(&["REQUEST_METHOD"])?.is_some();
        let plain: &[_] = if is_cgi { &["http_proxy"] } else { &["http_proxy", "HTTP_PROXY"] };
        let proxy = |names: &[&'static str]| {
            let found = match first(names)? {
                None => first(&["all_proxy", "ALL_PROXY"])?,
                found => found,
            };
            found.map(|(name, value)| Proxy::parse(&value).map_err(|text| fault(name, text))).transpose()
        };
        Ok(Self {
            plain: proxy(plain)?,
            secure: proxy(&["https_proxy", "HTTPS_PROXY"])?,
            exempt: first(&["no_proxy", "NO_PROXY"])?.map(|(_, list)| NoProxy::new(list)),
        })
    }

    /// Returns the proxy for connections to this destination. `secure` if they use TLS.
    pub(crate) fn proxy_for(&self, to: &Destination, secure: bool) -> Option<&Proxy> {
        let proxy = if secure { &self.secure } else { &self.plain }.as_ref()?;
        let is_exempt = self.exempt.as_ref().is_some_and(|exempt| exempt.exempts(&to.host));
        (!is_exempt).then_some(proxy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::url::parse_url;

    fn from_env(variables: &[(&str, &str)]) -> Result<Proxies, ConfigError> {
        Proxies::from_env(|name| {
            let value = variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            value.ok_or(VarError::NotPresent)
        })
    }

    /// Returns the proxy that these variables choose for a URL, or an empty string.
    fn before(url: &str, variables: &[(&str, &str)]) -> String {
        let url = parse_url(url).unwrap();
        let to = Destination::new(url.host_str().unwrap(), url.port_or_known_default().unwrap());
        let proxies = from_env(variables).unwrap();
        proxies.proxy_for(&to, url.scheme() == "wss").map(|proxy| proxy.address.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_scheme_chooses_the_variable() {
        let all = [("HTTP_PROXY", "http://h:1"), ("HTTPS_PROXY", "h:2"), ("ALL_PROXY", "socks5://u:p@h:3")];
        assert_eq!(before("ws://a", &all), "h:1");
        assert_eq!(before("wss://a", &all), "h:2");
        assert_eq!(before("wss://a", &[all[0], all[2]]), "h:3");
        assert_eq!(before("wss://a", &[("https_proxy", "low:1"), ("HTTPS_PROXY", "up:1")]), "low:1");
        assert_eq!(before("wss://a", &[("all_proxy", "low:1"), ("ALL_PROXY", "up:1")]), "low:1");
        assert_eq!(before("wss://a", &[("all_proxy", "low:1"), ("HTTPS_PROXY", "up:1")]), "up:1");
        assert_eq!(before("ws://a", &[("ALL_PROXY", "socks5://h")]), "h:1080");
        assert_eq!(before("ws://a", &[("http_proxy", "http://[::1]")]), "[::1]:80");
        assert_eq!(before("ws://a", &[("HTTP_PROXY", ""), ("http_proxy", "h:4")]), "h:4");
        assert_eq!(before("ws://a", &[("HTTPS_PROXY", "h:2")]), "");
        assert_eq!(before("ws://a", &[]), "");
    }

    #[test]
    fn exemptions() {
        let with = |list| [("ALL_PROXY", "h:1"), ("NO_PROXY", list)];
        for (list, url) in [
            ("*", "ws://a"),
            // With the matcher of hyper-util these were dialled through the proxy.
            ("*", "ws://10.1.2.3"),
            ("*", "ws://[fe80::1]"),
            ("example.com", "ws://example.com."),
            ("example.com.", "ws://www.example.com"),
            ("example.com", "wss://example.com:8080/x"),
            ("other, example.com", "ws://www.example.com"),
            (".example.com", "ws://www.example.com"),
            ("10.0.0.0/8", "ws://10.1.2.3"),
            ("::1", "ws://[::1]:80"),
        ] {
            assert_eq!(before(url, &with(list)), "", "{list} exempts {url}");
        }
        for (list, url) in [("example.com", "ws://notexample.com"), ("10.0.0.0/8", "ws://11.0.0.1"), ("", "ws://a")] {
            assert_eq!(before(url, &with(list)), "h:1", "{list} does not exempt {url}");
        }
    }

    #[test]
    fn lower_case_exemptions_come_first() {
        let proxy = ("ALL_PROXY", "h:1");
        assert_eq!(before("ws://a", &[proxy, ("no_proxy", "a"), ("NO_PROXY", "b")]), "");
        assert_eq!(before("ws://a", &[proxy, ("no_proxy", ""), ("NO_PROXY", "a")]), "");
    }

    /// Ignored, it would have its connections made without the proxy.
    #[cfg(unix)]
    #[test]
    fn s01_variables_that_are_not_unicode_are_refused() {
        use std::os::unix::ffi::OsStringExt as _;

        for name in ["https_proxy", "ALL_PROXY", "NO_PROXY"] {
            let text = std::ffi::OsString::from_vec(b"http://user:secret\xff@h".into());
            let read = |asked: &str| {
                Err(if asked == name { VarError::NotUnicode(text.clone()) } else { VarError::NotPresent })
            };
            let error = Proxies::from_env(read).err().expect(name);
            assert_eq!(error.to_string(), format!("proxy_from_env: {name}: not valid Unicode"));
        }
    }

    /// In a CGI program the sender of a request can set the variable.
    #[test]
    fn s26_the_proxy_header_of_a_cgi_request_is_ignored() {
        let cgi = ("REQUEST_METHOD", "GET");
        assert_eq!(before("ws://a", &[("HTTP_PROXY", "evil:1"), cgi]), "");
        assert_eq!(before("ws://a", &[("http_proxy", "good:1"), cgi]), "good:1");
    }

    #[test]
    fn s01_invalid_proxy_urls_are_refused() {
        let long = format!("socks5://u:{}@h", "p".repeat(256));
        for bad in
            ["ftp://u:secret@h", "http://", "socks4://h", "http://u:secret@h:0", "http://u:secret@h:99999", &long]
        {
            let error = from_env(&[("HTTPS_PROXY", bad)]).err().expect(bad);
            assert_eq!(error.option, "proxy_from_env");
            assert!(error.fault.starts_with("HTTPS_PROXY: ") && !error.fault.contains("secret"), "{error}");
            assert_eq!(Proxies::new(&ProxyChoice::Fixed(bad.into())).err().expect(bad).option, "proxy");
        }
    }
}
