//! Chooses the proxy of a destination: none, the one of the options, or one of the environment.

use hyper_util::client::proxy::matcher::Matcher;

use super::connector::Destination;
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
    exempt: Option<Matcher>,
}

impl Proxies {
    pub(crate) fn new(choice: &ProxyChoice) -> Result<Self, ConfigError> {
        match choice {
            ProxyChoice::None => Ok(Self { plain: None, secure: None, exempt: None }),
            ProxyChoice::Fixed(url) => {
                let proxy = Proxy::parse(url).map_err(|fault| ConfigError::new("proxy", fault))?;
                Ok(Self { plain: Some(proxy.clone()), secure: Some(proxy), exempt: None })
            }
            ProxyChoice::Environment => Self::from_env(|name| std::env::var(name).ok()),
            ProxyChoice::Conflict => Err(ConfigError::new("proxy", "proxy_from_env is set as well")),
        }
    }

    /// Reads the same variables as curl.
    fn from_env(read: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let read = |names: &[&'static str]| {
            let mut values = names.iter().filter_map(|name| Some((*name, read(name)?)));
            values.find(|(_, value)| !value.is_empty())
        };
        // In CGI programs this variable is the `Proxy` header of the request ("httpoxy", CVE-2016-5385).
        let is_cgi = read(&["REQUEST_METHOD"]).is_some();
        let plain: &[_] = if is_cgi { &["http_proxy"] } else { &["HTTP_PROXY", "http_proxy"] };
        let all = ["ALL_PROXY", "all_proxy"];
        let proxy = |names: &[&'static str]| {
            let Some((name, value)) = read(names).or_else(|| read(&all)) else {
                return Ok(None);
            };
            let fault = |fault| ConfigError::new("proxy_from_env", format!("{name}: {fault}"));
            Proxy::parse(&value).map(Some).map_err(fault)
        };
        let exempt = read(&["NO_PROXY", "no_proxy"]);
        Ok(Self {
            plain: proxy(plain)?,
            secure: proxy(&["HTTPS_PROXY", "https_proxy"])?,
            // The matcher answers for exemptions only, so its proxy is a placeholder.
            exempt: exempt.map(|(_, list)| Matcher::builder().all("http://proxy").no(list).build()),
        })
    }

    /// Returns the proxy for connections to this destination. `secure` if they use TLS.
    pub(crate) fn proxy_for(&self, to: &Destination, secure: bool) -> Option<&Proxy> {
        let proxy = if secure { &self.secure } else { &self.plain }.as_ref()?;
        let is_exempt = self.exempt.as_ref().is_some_and(|exempt| {
            let uri = format!("http://{to}/").parse();
            uri.is_ok_and(|uri| exempt.intercept(&uri).is_none())
        });
        (!is_exempt).then_some(proxy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::url::parse_url;

    fn from_env(variables: &[(&str, &str)]) -> Result<Proxies, ConfigError> {
        Proxies::from_env(|name| {
            let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
            Some((*value).to_owned())
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

    /// In a CGI program the sender of a request can set the variable.
    #[test]
    fn s26_the_proxy_header_of_a_cgi_request_is_ignored() {
        let cgi = ("REQUEST_METHOD", "GET");
        assert_eq!(before("ws://a", &[("HTTP_PROXY", "evil:1"), cgi]), "");
        assert_eq!(before("ws://a", &[("http_proxy", "good:1"), cgi]), "good:1");
    }

    #[test]
    fn s01_invalid_proxy_urls_are_refused() {
        let long = format!("socks5://u:{}@h", "p".repeat(250));
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
