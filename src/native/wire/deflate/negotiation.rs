//! Negotiating permessage-deflate (RFC 7692, section 7.1).

use core::fmt::Write as _;

use crate::error::ConfigError;
use crate::handshake::Headers;
use crate::native::handshake::values;
use crate::native::wire::extensions::{not_offered, shown};

const NAME: &str = "permessage-deflate";
const CLIENT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_BITS: &str = "client_max_window_bits";
const SERVER_BITS: &str = "server_max_window_bits";

pub(super) const MAX_BITS: u8 = 15;

/// Settings of permessage-deflate (RFC 7692), the compression that
/// [`BuilderExt::deflate`](crate::native::BuilderExt::deflate) offers to the server.
///
/// By default each side compresses with the last 32 KiB that it sent (context takeover). This makes messages that resemble
/// earlier ones small, and costs up to 400 KiB of memory for each connection, or up to 64 KiB while it is idle.
///
/// # Security
///
/// The length of a compressed message depends on its content. If an attacker chooses a part of a message that contains a
/// secret, the lengths reveal the secret bit by bit (the attacks CRIME and BREACH). Do not compress such messages.
///
/// # Example
///
/// ```
/// use homing::native::{BuilderExt, Deflate};
///
/// # fn builder(builder: homing::Builder) -> homing::Builder {
/// builder.deflate(Deflate::new().threshold(256).no_context_takeover())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Deflate {
    pub(crate) level: u32,
    pub(crate) threshold: usize,
    client_takeover: bool,
    server_takeover: bool,
    client_bits: u8,
    server_bits: u8,
}

impl Default for Deflate {
    fn default() -> Self {
        Self {
            level: 6,
            threshold: 64,
            client_takeover: true,
            server_takeover: true,
            client_bits: MAX_BITS,
            server_bits: MAX_BITS,
        }
    }
}

impl Deflate {
    /// Returns the default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the compression level: 1 (fastest) to 9 (smallest). Default: 6.
    pub fn level(self, level: u32) -> Self {
        Self { level, ..self }
    }

    /// Sends messages with fewer bytes of payload than this uncompressed. Default: 64.
    pub fn threshold(self, threshold: usize) -> Self {
        Self { threshold, ..self }
    }

    /// Compresses each message by itself, in both directions: no memory is kept between messages, and messages compress
    /// less. Default: off.
    pub fn no_context_takeover(self) -> Self {
        self.client_no_context_takeover().server_no_context_takeover()
    }

    /// Compresses each sent message by itself (RFC 7692, section 7.1.1.2). Default: off, unless the server requests it.
    pub fn client_no_context_takeover(self) -> Self {
        Self { client_takeover: false, ..self }
    }

    /// Requests that the server compresses each message by itself (RFC 7692, section 7.1.1.1). Default: off. A server that
    /// declines leaves messages uncompressed. The handshake fails if one compresses without this limit, as Tornado does.
    pub fn server_no_context_takeover(self) -> Self {
        Self { server_takeover: false, ..self }
    }

    /// Limits the window of sent messages to 2 to the power of `bits` bytes (RFC 7692, section 7.1.2.2). 9 to 15, default:
    /// 15. The server can request less.
    pub fn client_max_window_bits(self, bits: u8) -> Self {
        Self { client_bits: bits, ..self }
    }

    /// Requests a window of at most 2 to the power of `bits` bytes for received messages (RFC 7692, section 7.1.2.1). 8 to
    /// 15, default: 15. A server that declines leaves messages uncompressed. The handshake fails if one compresses without
    /// this limit, as Jetty, gorilla/websocket and libwebsockets do.
    pub fn server_max_window_bits(self, bits: u8) -> Self {
        Self { server_bits: bits, ..self }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let fault = |fault: String| Err(ConfigError::new("deflate", fault));
        if !(1..=9).contains(&self.level) {
            return fault(format!("level is {}, not from 1 to 9", self.level));
        }
        if !(9..=MAX_BITS).contains(&self.client_bits) {
            return fault(format!("{CLIENT_BITS} is {}, not from 9 to 15", self.client_bits));
        }
        if !(8..=MAX_BITS).contains(&self.server_bits) {
            return fault(format!("{SERVER_BITS} is {}, not from 8 to 15", self.server_bits));
        }
        Ok(())
    }

    /// Returns the value of `Sec-WebSocket-Extensions`.
    pub(crate) fn offer(&self) -> String {
        let mut offer = format!("{NAME}; {CLIENT_BITS}");
        // Writing to a string cannot fail.
        if self.client_bits < MAX_BITS {
            let _ = write!(offer, "={}", self.client_bits);
        }
        if self.server_bits < MAX_BITS {
            let _ = write!(offer, "; {SERVER_BITS}={}", self.server_bits);
        }
        for (takeover, parameter) in [(self.client_takeover, CLIENT_TAKEOVER), (self.server_takeover, SERVER_TAKEOVER)]
        {
            if !takeover {
                let _ = write!(offer, "; {parameter}");
            }
        }
        offer
    }

    /// Checks the parameters that the server chose.
    fn accept<'a>(&self, parameters: impl Iterator<Item = &'a str>) -> Result<Agreement, String> {
        let (mut client_takeover, mut server_takeover, mut client_bits, mut server_bits) = (None, None, None, None);
        for parameter in parameters {
            let (name, value) = match parameter.split_once('=') {
                Some((name, value)) => (name.trim_end(), Some(value.trim_start())),
                None => (parameter, None),
            };
            let is_new = match (name, value) {
                (CLIENT_TAKEOVER, None) => client_takeover.replace(false).is_none(),
                (SERVER_TAKEOVER, None) => server_takeover.replace(false).is_none(),
                (CLIENT_BITS, Some(value)) => client_bits.replace(bits(value, self.client_bits)?).is_none(),
                (SERVER_BITS, Some(value)) => server_bits.replace(bits(value, self.server_bits)?).is_none(),
                _ => return Err(format!("the server chose an unknown parameter of {NAME}: {}", shown(parameter))),
            };
            if !is_new {
                return Err(format!("the server chose {name} twice"));
            }
        }
        // A server must decline an offer whose requests it does not grant (section 7.1.1).
        if !self.server_takeover && server_takeover.is_none() {
            return Err(format!("the server did not agree to {SERVER_TAKEOVER}"));
        }
        if self.server_bits < MAX_BITS && server_bits.is_none() {
            return Err(format!("the server did not agree to {SERVER_BITS}"));
        }
        Ok(Agreement {
            client_takeover: client_takeover.unwrap_or(self.client_takeover),
            server_takeover: server_takeover.unwrap_or(true),
            client_bits: client_bits.unwrap_or(self.client_bits),
            server_bits: server_bits.unwrap_or(MAX_BITS),
        })
    }
}

/// The parameters that both sides use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Agreement {
    pub(crate) client_takeover: bool,
    pub(crate) server_takeover: bool,
    pub(crate) client_bits: u8,
    /// Not needed to inflate: see [`Inflate::push`](super::Inflate::push).
    pub(crate) server_bits: u8,
}

/// Returns what the server chose, `None` for no compression.
///
/// # Errors
/// The server chose an extension or a parameter that was not offered.
pub(crate) fn agree(headers: &Headers, offered: Option<&Deflate>) -> Result<Option<Agreement>, String> {
    let mut agreed = None;
    for value in values(headers, "sec-websocket-extensions") {
        if !value.is_ascii() {
            return Err(not_offered(value));
        }
        // Empty elements are ignored (RFC 9110, section 5.6.1). Firefox and tungstenite accept an empty header as well.
        for extension in value.split(',').filter(|extension| !extension.trim().is_empty()) {
            let Some(offered) = offered else {
                return Err(not_offered(value));
            };
            let mut parts = extension.split(';').map(str::trim);
            if parts.next() != Some(NAME) {
                return Err(not_offered(value));
            }
            if agreed.replace(offered.accept(parts)?).is_some() {
                return Err(format!("the server chose {NAME} twice"));
            }
        }
    }
    Ok(agreed)
}

/// Parses a number from 8 to `most`, perhaps in quotes, without leading zeros.
fn bits(value: &str, most: u8) -> Result<u8, String> {
    let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    match unquoted {
        "8" => Some(8),
        "9" => Some(9),
        two if two.len() == 2 && two.starts_with('1') => two.parse().ok(),
        _ => None,
    }
    .filter(|bits| *bits <= most)
    .ok_or_else(|| format!("the server chose window bits that were not offered: {}", shown(value)))
}

#[cfg(test)]
#[path = "../tests/deflate_negotiation.rs"]
mod tests;
