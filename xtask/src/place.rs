//! Where the steps run, and what they share.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Absolute directories: commands run in `root`, wherever xtask was called.
pub(crate) struct Place {
    pub(crate) root: PathBuf,
    /// Cargo's target directory.
    pub(crate) target: PathBuf,
    /// When this run started.
    pub(crate) started: Instant,
    /// What steps share, by name, and whether this run has made it: see [`Job::once`](crate::job::Job::once).
    made: Mutex<HashMap<String, Arc<Mutex<bool>>>>,
    /// Held while a program has the fixed ports of the tests on wasm.
    pub(crate) ports: Mutex<()>,
}

/// The directory of a tool of Rust: that of this variable, or this one below the user's home.
pub(crate) fn home_of(variable: &str, dir: &str) -> PathBuf {
    let home = || std::env::home_dir().unwrap_or_default().join(dir);
    std::env::var_os(variable).map_or_else(home, PathBuf::from)
}

impl Place {
    pub(crate) fn find() -> io::Result<Self> {
        // Set by `cargo run`; the constant serves where the binary is called directly.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().unwrap_or(&manifest).to_path_buf();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => std::path::absolute(dir)?,
            None => root.join("target"),
        };
        Ok(Self::new(root, target))
    }

    pub(crate) fn new(root: PathBuf, target: PathBuf) -> Self {
        Self { root, target, started: Instant::now(), made: Mutex::default(), ports: Mutex::default() }
    }

    pub(crate) fn made(&self, name: &str) -> Arc<Mutex<bool>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(name.to_owned()).or_default().clone()
    }

    /// A file or directory of xtask's own: logs and installed packages.
    pub(crate) fn own(&self, name: &str) -> PathBuf {
        self.target.join("xtask").join(name)
    }
}
