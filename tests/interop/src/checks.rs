//! The checks, in the order of the table's columns.

use std::time::Duration;

use homing::native::{BuilderExt, Deflate};
use homing::{CloseEvent, Initiator, Message, Reconnect};
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin, stdin};

use crate::client::{Client, PATIENCE, Target, shown};

/// What a check found, or what went wrong.
type Found = Result<String, String>;

pub(crate) async fn run(target: &Target) {
    let mut input = BufReader::new(stdin()).lines();
    print("text", text(target).await);
    print("binary", binary(target).await);
    print("1 MB", large(target).await);
    print("fragments", fragments(target).await);
    print("compression", compression(target).await);
    print("ping", ping(target).await);
    print("pinged", pinged(target).await);
    print("close", close(target).await);
    print("closed", closed(target).await);
    print("TLS", tls(target).await);
    print("restart", restart(target, &mut input).await);
}

fn print(check: &str, found: Found) {
    let found = found.unwrap_or_else(|problem| format!("wrong: {problem}"));
    println!("{check}\t{}", found.replace(['\n', '\t'], " "));
}

fn ok() -> Found {
    Ok("ok".into())
}

/// Every encoding of a payload length.
const LENGTHS: [usize; 7] = [1, 125, 126, 127, 65535, 65536, 100_000];

async fn text(target: &Target) -> Found {
    let mut messages = ["hello", "", "Grüße, 世界 🦀\0"].map(Message::text).to_vec();
    messages.extend(LENGTHS.map(|length| Message::text("x".repeat(length))));
    target.connect().await?.echoes(&messages).await?;
    ok()
}

async fn binary(target: &Target) -> Found {
    let mut messages = vec![Message::binary(Vec::new()), Message::binary(vec![0, 255, 0xC3])];
    messages.extend(LENGTHS.map(|length| Message::binary(vec![7; length])));
    target.connect().await?.echoes(&messages).await?;
    ok()
}

fn megabytes() -> [Message; 2] {
    let text = "0123456789abcdé\n".repeat((1 << 20) / 17);
    // Does not compress.
    let mut seed = 1_u32;
    let bytes = (0..1 << 20).map(|_| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    });
    [Message::text(text), Message::binary(bytes.collect::<Vec<u8>>())]
}

async fn large(target: &Target) -> Found {
    target.connect().await?.echoes(&megabytes()).await?;
    ok()
}

async fn ask(client: &mut Client, order: &str, expected: &str) -> Found {
    client.ws.send(order.to_owned()).map_err(|error| error.to_string())?;
    match client.text().await? {
        answer if answer == expected => ok(),
        answer if answer == "unsupported" => Ok("no".into()),
        answer => Err(format!("{answer:?} instead of {expected:?}")),
    }
}

async fn fragments(target: &Target) -> Found {
    ask(&mut target.connect().await?, "/fragments", "part0part1part2").await
}

/// Messages with each set of options. The first one decides whether the server compresses at all.
async fn compression(target: &Target) -> Found {
    let variants = [
        Deflate::new().threshold(0),
        Deflate::new().threshold(0).no_context_takeover(),
        Deflate::new().threshold(0).client_no_context_takeover().server_max_window_bits(9),
        Deflate::new().threshold(0).client_max_window_bits(9),
    ];
    let mut compresses = Vec::new();
    for variant in variants {
        let mut client = Client::open(target.builder(&target.url).deflate(variant)).await?;
        compresses.push(client.handshake.extensions.starts_with("permessage-deflate"));
        let small = ["hello", "hello", "", "hello"].map(Message::text);
        let [text, bytes] = megabytes();
        client.echoes(&[&small[..], &[text.clone(), bytes, text], &small[..]].concat()).await?;
        ask(&mut client, "/fragments", "part0part1part2").await?;
    }
    match compresses[..] {
        [true, ..] => ok(),
        _ if compresses.contains(&true) => Err("only with some options".into()),
        _ => Ok("no".into()),
    }
}

/// The client pings.
async fn ping(target: &Target) -> Found {
    let client = target.connect().await?;
    let pong = tokio::time::timeout(PATIENCE, client.ws.ping()).await;
    match pong.map_err(|_| "no pong")? {
        Ok(round_trip) if round_trip > Duration::ZERO && client.ws.stats().last_rtt == Some(round_trip) => ok(),
        Ok(round_trip) => Err(format!("a round trip of {round_trip:?}")),
        Err(error) => Err(error.to_string()),
    }
}

/// The server pings, and says so once the answer came.
async fn pinged(target: &Target) -> Found {
    ask(&mut target.connect().await?, "/ping", "pong").await
}

const REASON: &str = "bye ✓";

/// The client closes, and the server received code and reason.
async fn close(target: &Target) -> Found {
    let mut client = target.connect().await?;
    client.ws.close(4001, REASON).map_err(|error| error.to_string())?;
    let close = client.closed().await?;
    let found = compare(&close, 4001, REASON, Initiator::Local)?;
    // The server may be informed later than the client.
    let mut client = target.connect().await?;
    for _ in 0..100 {
        client.ws.send("/last-close").map_err(|error| error.to_string())?;
        match client.text().await?.as_str() {
            answer if answer == format!("4001 {REASON}") => return Ok(found),
            "4001" => return Ok(if found == "ok" { "code only".into() } else { found }),
            "unsupported" => return Ok(format!("{found}, unseen")),
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    Err(format!("the server saw another close: {:?}", ask(&mut client, "/last-close", "").await))
}

/// The server closes with code and reason.
async fn closed(target: &Target) -> Found {
    let mut client = target.connect().await?;
    client.ws.send(format!("/close 4002 {REASON}")).map_err(|error| error.to_string())?;
    compare(&client.closed().await?, 4002, REASON, Initiator::Remote)
}

fn compare(close: &CloseEvent, code: u16, reason: &str, initiator: Initiator) -> Found {
    match close {
        _ if !close.clean || close.initiator != initiator => Err(shown(close)),
        _ if close.code.get() != code => Ok(format!("with {}", close.code.get())),
        _ if close.reason.is_empty() => Ok("code only".into()),
        _ if close.reason != reason => Err(shown(close)),
        _ => ok(),
    }
}

async fn tls(target: &Target) -> Found {
    let builder = target.builder(&target.secure_url).root_certificates_pem(target.authority.as_str());
    let mut client = Client::open(builder).await?;
    client.echoes(&[Message::text("hello")]).await?;
    client.echoes(&megabytes()).await?;
    client.ws.close(1000, "").map_err(|error| error.to_string())?;
    match client.closed().await? {
        close if close.clean => ok(),
        close => Err(shown(&close)),
    }
}

/// The server is killed and started again. What is sent meanwhile arrives.
async fn restart(target: &Target, input: &mut Lines<BufReader<Stdin>>) -> Found {
    let quickly = Reconnect::fixed(Duration::from_millis(50));
    let mut client = Client::open(target.builder(&target.url).reconnect(quickly)).await?;
    client.echoes(&[Message::text("before")]).await?;
    println!("restart");
    let close = client.closed().await?;
    client.ws.send("meanwhile").map_err(|error| error.to_string())?;
    input.next_line().await.map_err(|error| error.to_string())?;
    client.opened().await?;
    match client.text().await?.as_str() {
        "meanwhile" if close.retry_in.is_some() => ok(),
        "meanwhile" => Err("no retry was reported".into()),
        other => Err(format!("{other:?} instead of the queued message")),
    }
}
