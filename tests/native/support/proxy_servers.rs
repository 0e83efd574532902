//! Proxies as child processes, each on its own port.

#![allow(dead_code, reason = "a build without TLS has no use for some of it")]

use std::process::Stdio;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::support::PATIENCE;
use crate::support::child::skipped;
use crate::support::routes::Scratch;

/// The credentials of all proxies that require some.
pub(crate) const CREDENTIALS: &str = "proxy-user:proxy%20secret";

pub(crate) struct ProxyServer {
    child: Child,
    pub(crate) port: u16,
    /// The authority of its certificate, if it uses TLS.
    pub(crate) authority: String,
    dir: Scratch,
}

impl ProxyServer {
    /// An HTTP proxy. `more` is added to its configuration.
    pub(crate) async fn tinyproxy(more: &str) -> Option<Self> {
        let program = skipped("HOMING_TEST_TINYPROXY")?;
        Self::start(|port, dir| {
            let config = dir.path().join("tinyproxy.conf");
            let common = "Listen 127.0.0.1\nAllow 127.0.0.1\nMaxClients 100\nTimeout 60\nLogLevel Critical";
            std::fs::write(&config, format!("Port {port}\n{common}\n{more}\n")).unwrap();
            let mut command = Command::new(&program);
            command.arg("-d").arg("-c").arg(config);
            (command, String::new())
        })
        .await
    }

    /// An HTTP proxy over TLS, for `localhost`, with credentials.
    pub(crate) async fn squid() -> Option<Self> {
        let program = skipped("HOMING_TEST_SQUID")?;
        Self::start(|port, dir| {
            let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
            let authority = certified.cert.pem();
            let write = |name: &str, text: String| std::fs::write(dir.path().join(name), text).unwrap();
            write("certificate.pem", authority.clone());
            write("key.pem", certified.signing_key.serialize_pem());
            // The password is `proxy secret`.
            write("passwords", "proxy-user:$apr1$homing$mBY1MTK647TnxZJaVUjmG.\n".into());
            let config = include_str!("servers/squid.conf").replace("PORT", &port.to_string());
            write("squid.conf", config.replace("DIR", dir.path().to_str().expect("a plain path")));
            let mut command = Command::new(&program);
            command.args(["-N", "-f"]).arg(dir.path().join("squid.conf"));
            (command, authority)
        })
        .await
    }

    /// A SOCKS 5 proxy without credentials. `rule` limits its destinations.
    pub(crate) async fn dante(rule: &str) -> Option<Self> {
        let program = skipped("HOMING_TEST_DANTED")?;
        Self::start(|port, dir| {
            let config = dir.path().join("danted.conf");
            let text = include_str!("servers/danted.conf").replace("PORT", &port.to_string()).replace("RULE", rule);
            std::fs::write(&config, text).unwrap();
            let mut command = Command::new(&program);
            command.arg("-f").arg(config).arg("-p").arg(dir.path().join("pid"));
            (command, String::new())
        })
        .await
    }

    /// A SOCKS 5 proxy with credentials.
    pub(crate) async fn microsocks() -> Option<Self> {
        let program = skipped("HOMING_TEST_MICROSOCKS")?;
        Self::start(|port, _| {
            let mut command = Command::new(&program);
            command.args(["-i", "127.0.0.1", "-u", "proxy-user", "-P", "proxy secret", "-p", &port.to_string()]);
            (command, String::new())
        })
        .await
    }

    async fn start(prepare: impl Fn(u16, &Scratch) -> (Command, String)) -> Option<Self> {
        let mut logs = Vec::new();
        // Another process may take the free port before the proxy listens on it.
        for _ in 0..5 {
            let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let dir = Scratch::new();
            let (mut command, authority) = prepare(port, &dir);
            let log = std::fs::File::create(dir.path().join("log")).unwrap();
            let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
            let child = command.kill_on_drop(true).spawn().unwrap();
            let mut running = Self { child, port, authority, dir };
            let listens = async {
                while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            };
            tokio::select! {
                _ = running.child.wait() => {
                    logs.push(std::fs::read_to_string(running.dir.path().join("log")));
                    continue;
                }
                listens = tokio::time::timeout(3 * PATIENCE, listens) => listens.expect("it listens"),
            }
            return Some(running);
        }
        panic!("the proxy does not start: {logs:?}");
    }

    pub(crate) fn url(&self, scheme: &str, credentials: &str) -> String {
        let at = if credentials.is_empty() { "" } else { "@" };
        let host = if scheme == "https" { "localhost" } else { "127.0.0.1" };
        format!("{scheme}://{credentials}{at}{host}:{}", self.port)
    }
}
