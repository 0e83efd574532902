//! nginx as TLS terminator in front of a server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::support::PATIENCE;
use crate::support::child::skipped;

/// nginx with its own port and certificate, in front of a server on the port `backend`.
pub(crate) struct Nginx {
    child: Child,
    dir: PathBuf,
    port: u16,
    pub(crate) authority: String,
}

impl Nginx {
    pub(crate) async fn start(backend: u16) -> Option<Self> {
        let nginx = skipped("HOMING_TEST_NGINX")?;
        // Another process may take the free port before nginx listens on it.
        for _ in 0..5 {
            if let Some(running) = Self::try_start(&nginx, backend).await {
                return Some(running);
            }
        }
        panic!("nginx does not start");
    }

    async fn try_start(nginx: &Path, backend: u16) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("homing-nginx-{}-{count}", std::process::id()));
        fs::create_dir(&dir).unwrap();
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let authority = certified.cert.pem();
        fs::write(dir.join("certificate.pem"), &authority).unwrap();
        fs::write(dir.join("key.pem"), certified.signing_key.serialize_pem()).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = include_str!("servers/nginx.conf").replace("DIR", dir.to_str().expect("a plain path"));
        let config = config.replace("PORT", &port.to_string()).replace("BACKEND", &backend.to_string());
        fs::write(dir.join("nginx.conf"), config).unwrap();

        let mut command = Command::new(nginx);
        let command = command.arg("-p").arg(&dir).arg("-c").arg(dir.join("nginx.conf"));
        let child = command.stdin(Stdio::null()).kill_on_drop(true).spawn().unwrap();
        let mut running = Self { child, dir, port, authority };
        let listens = async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            _ = running.child.wait() => None,
            listens = tokio::time::timeout(PATIENCE, listens) => listens.is_ok().then_some(running),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("wss://localhost:{}/", self.port)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}
