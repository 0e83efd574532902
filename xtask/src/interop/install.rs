//! Installs servers from the registries of their languages, in fixed versions, into directories of xtask's own.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Cmd, cmd};
use crate::job::{Job, Stop};
use crate::missing::{find, needs};
use crate::place::Place;
use crate::setup;

/// Where the programs of these servers are.
pub(crate) const PROGRAMS: &str = "tests/interop/servers";

pub(crate) fn dir(place: &Place, name: &str) -> PathBuf {
    place.own("interop").join(name)
}

/// Python packages such as `name==1.2`, in an environment of their own. Returns the version of the first.
pub(crate) fn pip(job: &mut Job<'_>, name: &str, packages: &[&str]) -> Result<String, Stop> {
    needs(&["python3"])?;
    setup::install(job, &format!("interop/{name}"), &packages.join(" "), |job, dir| {
        job.run(cmd("python3 -m venv --clear").arg(dir))?;
        let pip = Cmd::program(python(dir)).args(["-m", "pip", "install", "--no-input", "--disable-pip-version-check"]);
        job.run(pip.args(packages.iter().copied()).quiet_minutes(30))
    })?;
    Ok(packages[0].split("==").nth(1).unwrap_or_default().into())
}

pub(crate) fn python(venv: &Path) -> PathBuf {
    venv.join("bin/python")
}

/// Returns the version that a package of npm has in this directory.
pub(crate) fn npm_version(modules: &Path, package: &str) -> Result<String, Stop> {
    let manifest = fs::read_to_string(modules.join(package).join("package.json"))?;
    let version = manifest.split("\"version\": \"").nth(1).and_then(|rest| rest.split('"').next());
    version.map(str::to_owned).ok_or_else(|| Stop::Failed(format!("{package} has no version")))
}

/// Packages of Debian. Returns the upstream version of the first.
pub(crate) fn debian(job: &mut Job<'_>, packages: &[&'static str]) -> Result<String, Stop> {
    if find("dpkg-query").is_none() {
        return Err(Stop::Skipped(format!("not Debian (packages {})", packages.join(", "))));
    }
    let ask = |job: &mut Job<'_>, package: &str, field: &str| {
        job.ask(cmd("dpkg-query -W -f").arg(format!("${{{field}}}")).arg(package)).unwrap_or_default()
    };
    let missing = packages.iter().filter(|package| ask(job, package, "db:Status-Status") != "installed");
    let missing: Vec<_> = missing.copied().collect();
    setup::apt(job, &[], missing)?;
    Ok(upstream(&ask(job, packages[0], "Version")).into())
}

/// Without epoch, revision and what Debian adds to the version.
fn upstream(version: &str) -> &str {
    let version = version.split_once(':').map_or(version, |(_, rest)| rest);
    let version = version.rsplit_once('-').map_or(version, |(upstream, _)| upstream);
    version.split(['+', '~']).next().unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::upstream;

    #[test]
    fn versions_of_debian_are_shortened() {
        assert_eq!(upstream("2:6.1.7.10+dfsg-1~deb12u4"), "6.1.7.10");
        assert_eq!(upstream("1.22.1-9+deb12u11"), "1.22.1");
        assert_eq!(upstream("1.19~1"), "1.19");
    }
}
