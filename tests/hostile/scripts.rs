//! The scripts: bytes that a hostile peer sends.

use homing_test_server::frame::{BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close, raw, text};

/// Where a script takes over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Stage {
    /// In place of the response to the opening handshake.
    Handshake,
    /// In place of a proxy's response to CONNECT.
    HttpProxy,
    /// In place of the first answer of a SOCKS proxy.
    Socks,
    /// In place of the first TLS record.
    Tls,
    /// After the opening handshake.
    Open,
}

/// What a hostile peer sends: `first`, then `unit` again and again, then FIN.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) name: String,
    pub(crate) stage: Stage,
    /// Over TLS.
    pub(crate) secure: bool,
    pub(crate) first: Vec<u8>,
    pub(crate) unit: Vec<u8>,
    /// The client gets one byte at a time.
    pub(crate) slow: bool,
    pub(crate) compresses: bool,
    /// The client calls `close` when it is open, and the peer does not answer.
    pub(crate) closes: bool,
    /// The largest message in bytes; 0 for none.
    pub(crate) limit: usize,
    /// The most bytes of memory that homing may use.
    pub(crate) memory: usize,
    /// How the error or the close that homing's program sees begins.
    pub(crate) sees: &'static str,
}

fn script(name: &'static str, stage: Stage, unit: impl Into<Vec<u8>>, sees: &'static str) -> Script {
    Script {
        name: name.into(),
        stage,
        secure: false,
        first: Vec::new(),
        unit: unit.into(),
        slow: false,
        compresses: false,
        closes: false,
        limit: 16 << 20,
        memory: 256 << 10,
        sees,
    }
}

impl Script {
    /// Whether tokio-tungstenite can be its victim: it has neither compression nor proxies.
    pub(crate) fn for_bare(&self) -> bool {
        !self.compresses && matches!(self.stage, Stage::Handshake | Stage::Open)
    }

    /// Whether its name contains a part of `HOMING_HOSTILE_ONLY`, which are separated by commas. Without it, all are chosen.
    pub(crate) fn is_chosen(&self) -> bool {
        let only = std::env::var("HOMING_HOSTILE_ONLY").unwrap_or_default();
        only.split(',').any(|part| self.name.contains(part))
    }

    fn first(self, first: impl Into<Vec<u8>>) -> Self {
        Self { first: first.into(), ..self }
    }

    /// The same over TLS, which has buffers of its own.
    fn secure(self) -> Self {
        let name = format!("{} over TLS", self.name);
        Self { name, secure: true, memory: self.memory + SESSION, ..self }
    }

    fn slow(self) -> Self {
        Self { slow: true, ..self }
    }

    #[cfg(feature = "deflate")]
    fn compresses(self) -> Self {
        Self { compresses: true, ..self }
    }

    fn closes(self) -> Self {
        Self { closes: true, ..self }
    }

    #[cfg(feature = "deflate")]
    fn memory(self, memory: usize) -> Self {
        Self { memory, ..self }
    }

    fn limit(self, limit: usize) -> Self {
        Self { limit, ..self }
    }
}

/// A frame header that announces this many bytes.
pub(crate) fn announced(first: u8, length: u64) -> Vec<u8> {
    let mut head = vec![first, 127];
    head.extend(length.to_be_bytes());
    head
}

const HEAD: &str = "opening handshake failed: response headers are too large";
/// Ends before there are too many.
const CUT_OFF: &str = "connection broken: connection closed before message completed";
const TOO_LARGE: &str = "message too large";
const BUSY: &str = "opening handshake failed with status 503";
const CUT: &str = "connection broken: closed by the peer without a closing handshake";

/// The most memory that a TLS session adds.
const SESSION: usize = 48 << 10;
/// Scripts that are played over TLS as well: one of each kind.
const SECURE: [&str; 20] = [
    "pings",
    "pings of 125 bytes",
    "pongs",
    "empty texts",
    "texts of one byte",
    "empty fragments",
    "fragments of one byte",
    "fragments without a limit",
    "pings between fragments",
    "slow pings",
    "slow binary message",
    "2^63-1 bytes announced",
    "messages after our Close",
    "data after a Close",
    "data after a violation",
    "Closes",
    "compressed bomb in fragments",
    "compressed bombs",
    "compressed small messages",
    "compressed slow bytes",
];

/// All scripts.
pub(crate) fn all() -> Vec<Script> {
    use Stage::{Handshake, HttpProxy, Open, Socks, Tls};
    let status = "HTTP/1.1 101 Switching Protocols\r\n";
    let text_head = |length| announced(0x81, length);
    let mut all = vec![
        // The opening handshake.
        script("endless header line", Handshake, "x", HEAD).first(format!("{status}X-Long: ")),
        script("endless headers", Handshake, "X-Many: 1\r\n", HEAD).first(status),
        script(
            "endless folded header",
            Handshake,
            " folded\r\n",
            "opening handshake failed: invalid HTTP header parsed",
        )
        .first(format!("{status}X-Folded: 1\r\n")),
        script("endless status line", Handshake, "x", HEAD).first("HTTP/1.1 101 "),
        script("endless empty lines", Handshake, "\r\n", HEAD),
        script("endless 1xx", Handshake, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", CUT_OFF),
        script("endless 100", Handshake, "HTTP/1.1 100 Continue\r\n\r\n", CUT_OFF),
        script("endless body of a refusal", Handshake, "x", BUSY).first("HTTP/1.1 503 Busy\r\n\r\n"),
        script("endless chunks of a refusal", Handshake, "1\r\nx\r\n", BUSY)
            .first("HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n"),
        script("endless chunk header of a refusal", Handshake, ";x=1", BUSY)
            .first("HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n1"),
        script("endless body of a success", Handshake, "x", "opening handshake failed with status 200")
            .first("HTTP/1.1 200 OK\r\n\r\n"),
        script("slow handshake", Handshake, "X-Slow: 1\r\n", HEAD).first(status).slow(),
        // Proxies and TLS.
        script(
            "endless header of a proxy",
            HttpProxy,
            "X-Many: 1\r\n",
            "proxy connection failed: response headers are too large",
        )
        .first("HTTP/1.1 200 OK\r\n"),
        script(
            "endless 1xx of a proxy",
            HttpProxy,
            "HTTP/1.1 100 Continue\r\n\r\n",
            "proxy connection failed: too many informational responses",
        ),
        script(
            "endless data behind a proxy's response",
            HttpProxy,
            "x",
            "proxy connection failed with status 200: unexpected data",
        )
        .first("HTTP/1.1 200 OK\r\n\r\n"),
        script("endless SOCKS answer", Socks, [5, 0], "proxy connection failed: the answer is not one of SOCKS 5"),
        script("endless SOCKS versions", Socks, [0], "proxy connection failed: the answer is not one of SOCKS 5"),
        script(
            "endless TLS handshake message",
            Tls,
            [[0x16, 3, 3, 0x40, 0].to_vec(), vec![0; 0x4000]].concat(),
            "TLS handshake failed",
        )
        .first([0x16, 3, 3, 0, 4, 2, 0xFF, 0xFF, 0xFF]),
        script("endless empty TLS records", Tls, [0x16, 3, 3, 0, 0], "TLS handshake failed"),
        script("endless TLS change cipher specs", Tls, [0x14, 3, 3, 0, 1, 1], "TLS handshake failed"),
        script("endless TLS warnings", Tls, [0x15, 3, 3, 0, 2, 1, 90], "TLS handshake failed"),
        // Frames.
        script("pings", Open, raw(true, 0, PING, b""), CUT),
        script("pings of 125 bytes", Open, raw(true, 0, PING, &[7; 125]), CUT),
        script("pongs", Open, raw(true, 0, PONG, b""), CUT),
        script("pongs of 8 bytes", Open, raw(true, 0, PONG, &[0; 8]), CUT),
        script("pongs of 125 bytes", Open, raw(true, 0, PONG, &[7; 125]), CUT),
        script("empty texts", Open, text(""), CUT),
        script("empty binary messages", Open, raw(true, 0, BINARY, b""), CUT),
        script("texts of one byte", Open, text("x"), CUT),
        script("empty fragments", Open, raw(false, 0, CONTINUATION, b""), CUT).first(raw(false, 0, TEXT, b"")),
        script("empty fragments behind half a character", Open, raw(false, 0, CONTINUATION, b""), CUT).first(raw(
            false,
            0,
            TEXT,
            b"\xE2\x82",
        )),
        script("fragments of one byte", Open, raw(false, 0, CONTINUATION, b"x"), CUT).first(raw(false, 0, TEXT, b"")),
        script("fragments beyond the limit", Open, raw(false, 0, CONTINUATION, b"x"), TOO_LARGE)
            .first(raw(false, 0, TEXT, b""))
            .limit(10_000),
        script("fragments without a limit", Open, raw(false, 0, CONTINUATION, &[7; 100]), CUT)
            .first(raw(false, 0, BINARY, b""))
            .limit(usize::MAX),
        script("pings between fragments", Open, [raw(true, 0, PING, b"x"), raw(false, 0, 0, b"x")].concat(), CUT)
            .first(raw(false, 0, TEXT, b"")),
        // Slow bytes.
        script("slow small texts", Open, text("x"), CUT).slow(),
        script("slow pings", Open, raw(true, 0, PING, b"x"), CUT).slow(),
        script("slow text of 16 KiB", Open, raw(true, 0, TEXT, &[b'x'; 16 * 1024]), CUT).slow(),
        script("slow large message", Open, "x", CUT).first(text_head(16 << 20)).slow(),
        script("slow binary message", Open, "x", CUT).first(announced(0x82, 16 << 20)).slow(),
        script("slow fragments", Open, raw(false, 0, CONTINUATION, b"x"), CUT).first(raw(false, 0, TEXT, b"")).slow(),
        // Lengths.
        script("2^63-1 bytes announced", Open, "x", TOO_LARGE).first(text_head((1 << 63) - 1)),
        script("2^31 bytes announced", Open, "x", TOO_LARGE).first(text_head(1 << 31)),
        script("2^63-1 bytes without a limit", Open, "x", TOO_LARGE).first(text_head((1 << 63) - 1)).limit(usize::MAX),
        script("2^63 bytes without a limit", Open, "x", "protocol error: length has more than 63 bits")
            .first(text_head(1 << 63))
            .limit(usize::MAX),
        // The closing handshake.
        script("messages after our Close", Open, text("x"), "close 1006").closes(),
        script("pings after our Close", Open, raw(true, 0, PING, b"x"), "close 1006").closes(),
        script("pongs after our Close", Open, raw(true, 0, PONG, b"x"), "close 1006").closes(),
        script("an endless message after our Close", Open, "x", "close 1006").first(text_head(16 << 20)).closes(),
        script("data after a Close", Open, "x", "close 1000 clean").first(close(Some(1000), "")),
        script("data after a violation", Open, "x", "protocol error: unknown opcode").first(raw(true, 0, 3, b"")),
        script("Closes", Open, raw(true, 0, CLOSE, b""), "close 1005 clean"),
    ];
    if cfg!(feature = "deflate") {
        all.extend(compressed());
    }
    if cfg!(feature = "__rustls") {
        let secure: Vec<_> = all.iter().filter(|script| SECURE.contains(&&*script.name)).cloned().collect();
        all.extend(secure.into_iter().map(Script::secure));
    }
    all
}

/// Compresses as the payload of one message.
#[cfg(feature = "deflate")]
pub(crate) fn deflated(data: &[u8]) -> Vec<u8> {
    let mut state = flate2::Compress::new(flate2::Compression::best(), false);
    let mut out = Vec::with_capacity(data.len() + 100);
    state.compress_vec(data, &mut out, flate2::FlushCompress::Sync).expect("not finished");
    out.truncate(out.len() - 4);
    out
}

#[cfg(not(feature = "deflate"))]
fn compressed() -> [Script; 0] {
    []
}

#[cfg(feature = "deflate")]
fn compressed() -> Vec<Script> {
    use Stage::Open;
    let begin = raw(false, 0b100, BINARY, b"");
    let more = |data: &[u8]| raw(false, 0, CONTINUATION, data);
    let bomb = deflated(&vec![0; 1 << 20]);
    // A final block with nothing in it, which ends a stream: another one follows.
    let finals = [3, 0].repeat(60);
    vec![
        script("compressed bomb in fragments", Open, more(&[&bomb[..], &[0, 0, 0xFF, 0xFF]].concat()), TOO_LARGE)
            .first(begin.clone())
            .compresses()
            .limit(4 << 20)
            .memory(5 << 20),
        script("compressed bombs", Open, raw(true, 0b100, BINARY, &bomb), CUT).compresses().memory(3 << 19),
        script("compressed small messages", Open, raw(true, 0b100, BINARY, &deflated(b"x")), CUT).compresses(),
        script("compressed empty fragments", Open, more(b""), CUT).first(begin.clone()).compresses(),
        script("compressed empty blocks", Open, more(&[0, 0, 0, 0xFF, 0xFF].repeat(20)), CUT)
            .first(begin.clone())
            .compresses(),
        script("compressed final blocks", Open, more(&finals), CUT).first(begin.clone()).compresses(),
        script("compressed final block fragments", Open, more(&[3, 0]), CUT).first(begin).compresses(),
        script("compressed final messages", Open, raw(true, 0b100, BINARY, &[3, 0, 0]), CUT).compresses(),
        script("compressed slow bytes", Open, [0, 0, 0, 0xFF, 0xFF], CUT)
            .first(announced(0xC2, 1 << 40))
            .compresses()
            .slow(),
        script("2^63-1 compressed bytes", Open, [0, 0, 0, 0xFF, 0xFF], CUT)
            .first(announced(0xC2, (1 << 63) - 1))
            .compresses(),
    ]
}
