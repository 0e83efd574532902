//! What a server does with compressed messages: it agrees to parameters, and inflates in a window of the agreed size.

use std::io::Cursor;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags as flags};
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::native::wire::deflate::{Agreement, Deflate, Deflater, agree};
use crate::native::wire::frames::{apply_mask, put};

/// The end of each compressed message, which is not sent (RFC 7692, section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

/// What the two sides agreed to.
#[derive(Clone)]
pub(super) struct Compression {
    agreed: Agreement,
    wanted: Deflate,
    threshold: usize,
}

impl Compression {
    /// Three bytes are the client's settings, and the parameters that the server chooses. Returns `None` if one of both does
    /// not want compression, or the server chooses what it must not.
    pub(super) fn negotiate([wanted, chosen, more]: [u8; 3]) -> Option<Self> {
        if wanted & 1 == 0 {
            return None;
        }
        let client_bits = 15 - wanted % 14 / 2;
        let server_bits = [15, 15, 12, 8][usize::from(wanted >> 4 & 3)];
        let threshold = [0, 0, 64, 1000][usize::from(more >> 4 & 3)];
        let settings =
            Deflate::new().client_max_window_bits(client_bits).server_max_window_bits(server_bits).threshold(threshold);
        let settings = settings.level(1 + u32::from(more % 9));
        let settings = if wanted & 0x40 == 0 { settings } else { settings.client_no_context_takeover() };
        let settings = if wanted & 0x80 == 0 { settings } else { settings.server_no_context_takeover() };
        settings.check().expect("settings in range");
        check_offer(&settings.offer(), client_bits, server_bits, wanted >> 6);

        let (client, server) = (8 + chosen % 8, 8 + chosen / 8 % 8);
        let mut answer = "permessage-deflate".to_owned();
        let mut add = |is_chosen: bool, parameter: String| {
            if is_chosen {
                answer.push_str(if more & 0x40 == 0 { "; " } else { " ;" });
                answer.push_str(&parameter);
            }
            is_chosen
        };
        // The server's limit only if it is asked for, and not always.
        let has_client = add(chosen & 0x40 == 0, format!("client_max_window_bits={client}"));
        let has_server = add(chosen & 0x80 == 0, format!("server_max_window_bits = \"{server}\""));
        let client_alone = add(more & 8 != 0, "client_no_context_takeover".into());
        let server_alone = add((wanted ^ more) & 0x80 != 0, "server_no_context_takeover".into());
        let expected = Agreement {
            client_takeover: !client_alone && wanted & 0x40 == 0,
            server_takeover: !server_alone,
            client_bits: if has_client { client } else { client_bits },
            server_bits: if has_server { server } else { 15 },
        };
        let grants = expected.client_bits <= client_bits
            && expected.server_bits <= server_bits
            && (server_alone || wanted & 0x80 == 0);
        let headers = [("sec-websocket-extensions".to_owned(), answer.clone())];
        let agreed = agree(&headers.into_iter().collect(), Some(&settings));
        assert_eq!(agreed.as_ref().ok(), grants.then_some(&Some(expected)), "{answer}: {agreed:?}");
        let agreed = agreed.ok().flatten()?;
        Some(Self { agreed, wanted: settings, threshold })
    }

    pub(super) fn deflater(&self) -> Deflater {
        Deflater::new(&self.agreed, &self.wanted)
    }

    /// Replaces compressed messages by what they inflate to, in as many frames and between the same others.
    pub(super) fn inflated(&self, mut bytes: &[u8]) -> Vec<u8> {
        let mut inflater = Inflater::new(self.agreed.client_bits);
        let mut out = Vec::new();
        // Lengths of the message that is arriving, compressed and inflated.
        let mut compressed: Option<(usize, usize)> = None;
        while !bytes.is_empty() {
            let mut cursor = Cursor::new(bytes);
            let (header, length) = FrameHeader::parse(&mut cursor).expect("valid").expect("complete");
            let start = cursor.position() as usize;
            let (frame, rest) = bytes.split_at(start + length as usize);
            bytes = rest;
            let begins = matches!(header.opcode, OpCode::Data(Data::Text | Data::Binary));
            assert!(begins || !header.rsv1, "{header:?}");
            if begins {
                compressed = header.rsv1.then_some((0, 0));
            }
            let (OpCode::Data(_), Some((packed, plain))) = (header.opcode, &mut compressed) else {
                out.extend_from_slice(frame);
                continue;
            };
            if begins && !self.agreed.client_takeover {
                inflater = Inflater::new(self.agreed.client_bits);
            }
            let mut payload = frame[start..].to_vec();
            apply_mask(&mut payload, header.mask.expect("a client masks"));
            *packed += payload.len();
            if header.is_final {
                payload.extend(TAIL);
            }
            let part = inflater.inflate(&payload);
            *plain += part.len();
            put(&mut out, header.opcode, false, header.is_final, &part);
            if header.is_final {
                assert!(*plain > 0 && *plain >= self.threshold, "{plain} bytes are fewer than {}", self.threshold);
                assert!(self.agreed.client_takeover || packed < plain, "{plain} bytes became {packed}");
            }
        }
        out
    }
}

/// The offer has the parameters that were set, and no others.
fn check_offer(offer: &str, client_bits: u8, server_bits: u8, takeover: u8) {
    let mut parameters: Vec<_> = offer.split("; ").collect();
    let mut expected = vec!["permessage-deflate".to_owned()];
    expected.push(match client_bits {
        15 => "client_max_window_bits".into(),
        bits => format!("client_max_window_bits={bits}"),
    });
    expected.extend((server_bits < 15).then(|| format!("server_max_window_bits={server_bits}")));
    expected.extend((takeover & 1 != 0).then(|| "client_no_context_takeover".into()));
    expected.extend((takeover & 2 != 0).then(|| "server_no_context_takeover".into()));
    parameters[1..].sort_unstable();
    expected[1..].sort_unstable();
    assert_eq!(parameters, expected);
}

/// Inflates with no more memory than the window.
struct Inflater {
    state: Box<DecompressorOxide>,
    window: Vec<u8>,
    position: usize,
}

impl Inflater {
    fn new(bits: u8) -> Self {
        // No zeros: what refers to data before the beginning shows.
        Self { state: Box::default(), window: vec![0xA5; 1 << bits], position: 0 }
    }

    fn inflate(&mut self, mut bytes: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        loop {
            let (status, read, written) =
                decompress(&mut self.state, bytes, &mut self.window, self.position, flags::TINFL_FLAG_HAS_MORE_INPUT);
            bytes = &bytes[read..];
            plain.extend_from_slice(&self.window[self.position..self.position + written]);
            self.position = (self.position + written) % self.window.len();
            match status {
                TINFLStatus::HasMoreOutput => {}
                TINFLStatus::NeedsMoreInput => {
                    assert!(bytes.is_empty());
                    return plain;
                }
                other => panic!("{other:?} in a message of the client"),
            }
        }
    }
}
