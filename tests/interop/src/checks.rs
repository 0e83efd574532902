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
    // Errors end with the URL, which has another port each time.
    let found = found.split(" (ws").next().unwrap_or_default();
    println!("{check}\t{}", found.replace(['\n', '\t'], " "));
}

fn ok() -> Found {
    Ok("ok".into())
}

/// Some servers drop empty messages.
async fn empty(mut client: Client, empty: Message) -> Found {
    for message in [empty.clone(), Message::text("end")] {
        client.ws.send(message).map_err(|error| error.to_string())?;
    }
    match client.message().await? {
        message if message == empty => ok(),
        message if message.as_text() == Some("end") => Ok("empty ones are dropped".into()),
        _ => Err("an empty message came back as another".into()),
    }
}

/// Every encoding of a payload length.
const LENGTHS: [usize; 7] = [1, 125, 126, 127, 65535, 65536, 100_000];

async fn text(target: &Target) -> Found {
    let mut messages = ["hello", "Grüße, 世界 🦀\0"].map(Message::text).to_vec();
    messages.extend(LENGTHS.map(|length| Message::text("x".repeat(length))));
    let mut client = target.connect().await?;
    client.echoes(&messages).await?;
    empty(client, Message::text("")).await
}

async fn binary(target: &Target) -> Found {
    let mut messages = vec![Message::binary(vec![0, 255, 0xC3])];
    messages.extend(LENGTHS.map(|length| Message::binary(vec![7; length])));
    let mut client = target.connect().await?;
    client.echoes(&messages).await?;
    empty(client, Message::binary(Vec::new())).await
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

/// Messages with the usual options, and then with others, which some servers do not agree to.
async fn compression(target: &Target) -> Found {
    let mut odd = match compressed(target, Deflate::new()).await?.as_str() {
        "no" => return Ok("no".into()),
        "ok" => Vec::new(),
        found => vec![found.to_owned()],
    };
    let variants = [
        ("context takeover", Deflate::new().no_context_takeover()),
        ("the server's window", Deflate::new().client_no_context_takeover().server_max_window_bits(9)),
        ("the client's window", Deflate::new().client_max_window_bits(9)),
    ];
    for (what, variant) in variants {
        match compressed(target, variant).await {
            Ok(found) if found == "no" => odd.push(format!("declines a limit of {what}")),
            Ok(found) if found == "ok" || odd.contains(&found) => {}
            Ok(found) => odd.push(found),
            Err(problem) if problem.contains("did not agree to") => odd.push(format!("ignores a limit of {what}")),
            Err(problem) if problem.contains("status 400") => odd.push(format!("answers 400 to a limit of {what}")),
            Err(problem) => return Err(problem),
        }
    }
    if odd.is_empty() { ok() } else { Ok(odd.join(", ")) }
}

async fn compressed(target: &Target, options: Deflate) -> Found {
    let mut client = Client::open(target.builder(&target.url).deflate(options.threshold(0))).await?;
    if !client.handshake.extensions.starts_with("permessage-deflate") {
        return Ok("no".into());
    }
    let small = ["hello", "hello", "hello"].map(Message::text);
    let [text, bytes] = megabytes();
    client.echoes(&[&small[..], &[text.clone(), bytes, text], &small[..]].concat()).await?;
    ask(&mut client, "/fragments", "part0part1part2").await?;
    empty(client, Message::text("")).await
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

/// The client closes. The server receives code and reason, and echoes them.
async fn close(target: &Target) -> Found {
    let mut client = target.connect().await?;
    client.ws.close(4001, REASON).map_err(|error| error.to_string())?;
    let close = client.closed().await?;
    let mut odd = match compare(&close, 4001, REASON, Initiator::Local)?.as_str() {
        "ok" => Vec::new(),
        found => vec![format!("echo {found}")],
    };
    odd.extend(seen_close(&mut target.connect().await?).await?);
    if odd.is_empty() { ok() } else { Ok(odd.join(", ")) }
}

/// Returns what the server received, if it is not what the client sent.
async fn seen_close(client: &mut Client) -> Result<Option<String>, String> {
    let mut answer = String::new();
    // The server may report the end later than the client, and no event reaches this connection then, so it asks repeatedly.
    for _ in 0..1000 {
        client.ws.send("/last-close").map_err(|error| error.to_string())?;
        answer = client.text().await?;
        if answer == "unsupported" {
            return Ok(Some("the program does not see the code".into()));
        }
        match answer.strip_prefix("4001") {
            Some("") => return Ok(Some("the program does not see the reason".into())),
            Some(reason) if reason.trim_start() == REASON => return Ok(None),
            _ => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    Ok(Some(format!("the program sees {answer}")))
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
        _ if close.reason.is_empty() => Ok("without reason".into()),
        _ if close.reason != reason => Err(shown(close)),
        _ => ok(),
    }
}

async fn tls(target: &Target) -> Found {
    let builder = target.builder(&target.secure_url).root_certificates_pem(target.authority.as_str());
    let mut client = Client::open(builder).await?;
    client.echoes(&[Message::text("hello")]).await?;
    if let Err(problem) = client.echoes(&megabytes()).await {
        return Ok(format!("small messages only: {problem}"));
    }
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
