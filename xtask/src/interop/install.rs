//! Installs servers from the registries of their languages, in fixed versions, into directories of xtask's own.

use std::fs;
use std::path::PathBuf;

use crate::command::{Cmd, cmd};
use crate::job::{Job, Stop};
use crate::missing::{find, needs};
use crate::place::Place;
use crate::{package, setup};

/// Where the programs of these servers are.
pub(crate) const PROGRAMS: &str = "tests/interop/servers";

pub(crate) fn dir(place: &Place, name: &str) -> PathBuf {
    place.own("interop").join(name)
}

/// Python packages such as `name==1.2`, in an environment of their own. Returns the version of the first.
pub(crate) fn pip(job: &mut Job<'_>, name: &str, packages: &[&str]) -> Result<String, Stop> {
    needs(&["python3"])?;
    setup::install(job, &format!("interop/{name}"), &packages.join(" "), |job, dir| setup::venv(job, dir, packages))?;
    Ok(packages[0].split("==").nth(1).unwrap_or_default().into())
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

/// A program of `tests/interop/servers`, run by this interpreter.
pub(crate) fn program(interpreter: impl Into<Cmd>, file: &str) -> Cmd {
    interpreter.into().arg(format!("{PROGRAMS}/{file}"))
}

pub(crate) fn in_venv(job: &Job<'_>, name: &str, file: &str) -> Result<Cmd, Stop> {
    Ok(program(setup::venv_python(&dir(job.place, name)), file))
}

/// A program of a package of Debian, which may be outside of PATH.
pub(crate) fn tool(name: &str) -> Cmd {
    Cmd::program(find(name).unwrap_or_else(|| name.into()))
}

/// Returns the first number that a program gives as its version.
pub(crate) fn version(job: &mut Job<'_>, program: PathBuf) -> Result<String, Stop> {
    let said = job.run(Cmd::program(program).arg("--version"))?;
    let is_number = |word: &&str| word.starts_with(|first: char| first.is_ascii_digit()) && word.contains('.');
    Ok(said.split_whitespace().find(is_number).unwrap_or_default().into())
}

pub(crate) fn ws(job: &mut Job<'_>) -> Result<String, Stop> {
    setup::npm(job)?;
    let manifest = fs::read_to_string(job.place.root.join("node_modules/ws/package.json"))?;
    package::version(&manifest).ok_or_else(|| Stop::Failed("ws has no version".into()))
}

pub(crate) fn websockets(job: &mut Job<'_>) -> Result<String, Stop> {
    setup::python(job)?;
    Ok(setup::WEBSOCKETS.into())
}

pub(crate) const STARLETTE: &str = "starlette==1.10.0";

pub(crate) fn uvicorn(job: &mut Job<'_>) -> Result<String, Stop> {
    let websockets = format!("websockets=={}", setup::WEBSOCKETS);
    pip(job, "uvicorn", &["uvicorn==0.54.0", &websockets, "wsproto==1.3.2", STARLETTE])
}

/// A program that a package of Python brings.
pub(crate) fn beside_python(job: &Job<'_>, name: &str) -> Cmd {
    Cmd::program(dir(job.place, name).join("bin").join(name))
}

/// Builds the servers in Go with libraries of Debian, which need no network. Returns the version of `library`.
pub(crate) fn go(job: &mut Job<'_>, library: &'static str) -> Result<String, Stop> {
    let others = ["golang-go", "golang-github-gorilla-websocket-dev", "golang-nhooyr-websocket-dev"];
    debian(job, &others)?;
    let build = cmd("go build -o").arg(go_program(job)).arg(format!("{PROGRAMS}/go_servers.go"));
    let cache = dir(job.place, "go-cache");
    job.run(build.env("GO111MODULE", "off").env("GOPATH", "/usr/share/gocode").env("GOCACHE", cache))?;
    debian(job, &[library])
}

pub(crate) fn go_program(job: &Job<'_>) -> PathBuf {
    dir(job.place, "go-servers")
}

/// Cowboy is no package of Debian; RabbitMQ has it.
pub(crate) fn cowboy(job: &mut Job<'_>) -> Result<String, Stop> {
    debian(job, &["rabbitmq-server"])?;
    Ok(cowboy_libraries()?.1)
}

/// Returns the directory that has Cowboy and what it needs, and its version.
pub(crate) fn cowboy_libraries() -> Result<(PathBuf, String), Stop> {
    for version in fs::read_dir("/usr/lib/rabbitmq/lib")?.flatten() {
        let plugins = version.path().join("plugins");
        for plugin in fs::read_dir(&plugins).into_iter().flatten().flatten() {
            if let Some(version) = plugin.file_name().to_string_lossy().strip_prefix("cowboy-") {
                return Ok((plugins, version.into()));
            }
        }
    }
    Err(Stop::Skipped("RabbitMQ has no Cowboy".into()))
}

pub(crate) fn libwebsockets(job: &mut Job<'_>) -> Result<String, Stop> {
    let version = debian(job, &["libwebsockets-dev", "gcc", "libc6-dev"])?;
    let source = format!("{PROGRAMS}/lws.c");
    job.run(cmd("cc -O1 -o").arg(dir(job.place, "lws")).arg(source).args(["-lwebsockets", "-lssl", "-lcrypto"]))?;
    Ok(version)
}

const RUST: &str = "tests/interop/rust";

/// Builds the servers in Rust. Returns the version of this library.
pub(crate) fn rust(job: &mut Job<'_>, library: &str) -> Result<String, Stop> {
    let build = format!("cargo build --locked --manifest-path {RUST}/Cargo.toml --target-dir");
    job.run(cmd(&build).arg(dir(job.place, "rust")).quiet_minutes(30))?;
    let lock = fs::read_to_string(job.place.root.join(RUST).join("Cargo.lock"))?;
    let version = setup::locked(&lock, library).unwrap_or_default();
    Ok(version.into())
}

pub(crate) fn rust_program(job: &Job<'_>, name: &str) -> Cmd {
    Cmd::program(dir(job.place, "rust").join("debug").join(name))
}

pub(crate) fn workerman(job: &mut Job<'_>) -> Result<String, Stop> {
    const VERSION: &str = "5.2.2";
    debian(job, &["php-cli", "composer"])?;
    // Once: without its registry it fails at once, and the row says so.
    let home = dir(job.place, "workerman");
    fs::create_dir_all(&home)?;
    let composer = cmd("composer require --no-interaction --quiet --working-dir").arg(&home);
    let installed =
        job.run(composer.arg(format!("workerman/workerman:{VERSION}")).env("COMPOSER_ALLOW_SUPERUSER", "1"));
    installed.map_err(|_| Stop::Skipped("Composer cannot install workerman/workerman".into()))?;
    Ok(VERSION.into())
}

pub(crate) const JDK: &str = "default-jdk-headless";
pub(crate) const JETTY: [&str; 13] = [
    "servlet-api",
    "jetty9-http",
    "jetty9-io",
    "jetty9-security",
    "jetty9-server",
    "jetty9-servlet",
    "jetty9-util",
    "jetty9-util-ajax",
    "jetty9-websocket-api",
    "jetty9-websocket-client",
    "jetty9-websocket-common",
    "jetty9-websocket-server",
    "jetty9-websocket-servlet",
];
pub(crate) const TOMCAT: [&str; 5] = [
    "tomcat10-embed-core",
    "tomcat10-embed-el",
    "tomcat10-embed-websocket",
    "tomcat10-annotations-api",
    "tomcat10-servlet-api",
];

/// Compiles and runs a file with libraries of Debian.
pub(crate) fn java(libraries: &[&str], file: &str) -> Cmd {
    let path: Vec<_> = libraries.iter().map(|library| format!("/usr/share/java/{library}.jar")).collect();
    program(cmd("java -cp").arg(path.join(":")), file)
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
