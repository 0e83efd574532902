//! SOCKS 5 (RFC 1928), with user and password where the proxy asks for them (RFC 1929).
//!
//! Not one byte behind the proxy's answer is read: it would be the server's. The SOCKS of hyper-util discards what arrives
//! together with the answer.

use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::connector::Destination;
use super::stream::Stream;

/// The longest user, password and name of a host, in bytes.
pub(crate) const MAX_FIELD: u8 = u8::MAX;

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const PASSWORD: u8 = 2;
const NONE_ACCEPTABLE: u8 = 0xff;
const PASSWORD_VERSION: u8 = 1;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Asks the proxy to connect to `to`, whose name the proxy resolves.
///
/// # Errors
/// The proxy refused, or its answer is not SOCKS.
pub(crate) async fn connect(
    stream: &mut Stream,
    to: &Destination,
    credentials: Option<&(String, String)>,
) -> Result<(), String> {
    let methods: &[u8] =
        if credentials.is_some() { &[2, NO_AUTHENTICATION, PASSWORD] } else { &[1, NO_AUTHENTICATION] };
    send(stream, &[&[VERSION], methods].concat()).await?;
    let credentials = match receive(stream).await? {
        [VERSION, NO_AUTHENTICATION] => None,
        [VERSION, PASSWORD] if credentials.is_some() => credentials,
        [VERSION, NONE_ACCEPTABLE] if credentials.is_some() => {
            return Err("the proxy does not support user and password".into());
        }
        [VERSION, NONE_ACCEPTABLE] => return Err("the proxy does not support connections without credentials".into()),
        _ => return Err(not_socks()),
    };
    if let Some((user, password)) = credentials {
        let mut request = vec![PASSWORD_VERSION];
        push_field(&mut request, user)?;
        push_field(&mut request, password)?;
        send(stream, &request).await?;
        match receive(stream).await? {
            [PASSWORD_VERSION, 0] => {}
            [PASSWORD_VERSION, _] => return Err("user and password not accepted".into()),
            _ => return Err(not_socks()),
        }
    }
    let mut request = vec![VERSION, CONNECT, 0];
    match to.host.parse() {
        Ok(IpAddr::V4(address)) => {
            request.push(IPV4);
            request.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(IPV6);
            request.extend(address.octets());
        }
        Err(_) => {
            request.push(NAME);
            push_field(&mut request, &to.host)?;
        }
    }
    request.extend(to.port.to_be_bytes());
    send(stream, &request).await?;
    // Some proxies close the connection after these two bytes of a refusal.
    match receive(stream).await? {
        [VERSION, 0] => {}
        [VERSION, refusal] => return Err(reason(refusal)),
        _ => return Err(not_socks()),
    }
    // The address from which the proxy connects. It has no use here.
    let [_, kind] = receive(stream).await?;
    let length = match kind {
        IPV4 => 4,
        IPV6 => 16,
        NAME => usize::from(receive::<1>(stream).await?[0]),
        _ => return Err(not_socks()),
    };
    let mut address = [0; MAX_FIELD as usize + 2];
    let address = address.get_mut(..length + 2).unwrap_or_default();
    stream.read_exact(address).await.map(drop).map_err(broken)
}

fn push_field(request: &mut Vec<u8>, field: &str) -> Result<(), String> {
    let length = u8::try_from(field.len()).map_err(|_| too_long())?;
    request.push(length);
    request.extend_from_slice(field.as_bytes());
    Ok(())
}

/// Returns the fault of a field that SOCKS cannot express.
pub(crate) fn too_long() -> String {
    format!("user, password or host is longer than {MAX_FIELD} bytes, the limit of SOCKS")
}

async fn send(stream: &mut Stream, request: &[u8]) -> Result<(), String> {
    stream.write_all(request).await.map_err(broken)?;
    stream.flush().await.map_err(broken)
}

async fn receive<const LENGTH: usize>(stream: &mut Stream) -> Result<[u8; LENGTH], String> {
    let mut answer = [0; LENGTH];
    stream.read_exact(&mut answer).await.map_err(broken)?;
    Ok(answer)
}

fn broken(error: io::Error) -> String {
    format!("connection broken in the SOCKS handshake: {error}")
}

fn not_socks() -> String {
    "the answer is not one of SOCKS 5".into()
}

/// The reasons of RFC 1928, section 6.
fn reason(refusal: u8) -> String {
    let reason = match refusal {
        1 => "general failure of the proxy",
        2 => "connection not allowed by the proxy's rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "TTL expired",
        7 => "command not supported",
        8 => "address type not supported",
        other => return format!("refused for an unknown reason ({other})"),
    };
    reason.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers may come with each other, with the server's first bytes, or byte by byte.
    #[tokio::test]
    async fn answers_in_any_pieces_and_nothing_behind_them_is_read() {
        let to = Destination::new("server.test", 443);
        let credentials = ("user".to_owned(), "password".to_owned());
        for address in [&b"\x01\x7f\0\0\x01\0\x50"[..], b"\x03\x04host\0\x50", &[&[4][..], &[0; 18]].concat()] {
            for pieces in [1, 2, 3, 100] {
                let (client, mut proxy) = tokio::io::duplex(100);
                let answers = [b"\x05\x02\x01\0\x05\0\0", address, b"HTTP/1.1 101"].concat();
                let sending = tokio::spawn(async move {
                    for piece in answers.chunks(pieces) {
                        proxy.write_all(piece).await.unwrap();
                        tokio::task::yield_now().await;
                    }
                    proxy
                });
                let mut stream = Stream::of(client);
                connect(&mut stream, &to, Some(&credentials)).await.unwrap();
                let mut behind = [0; 12];
                stream.read_exact(&mut behind).await.unwrap();
                assert_eq!(&behind, b"HTTP/1.1 101");
                let mut request = [0; 37];
                sending.await.unwrap().read_exact(&mut request).await.unwrap();
                let expected = b"\x05\x02\0\x02\x01\x04user\x08password\x05\x01\0\x03\x0bserver.test\x01\xbb";
                assert_eq!(&request, expected);
            }
        }
    }
}
