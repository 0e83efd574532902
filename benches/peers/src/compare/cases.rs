//! What is measured.

/// A job of the clients: `N` in it stands for the number of operations.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) job: &'static str,
    /// How many operations take about a tenth of a second.
    pub(crate) count: usize,
    /// How many more operations the longer of two counted runs has, if the case is counted.
    pub(crate) counted: usize,
}

const fn case(name: &'static str, job: &'static str, count: usize, counted: usize) -> Case {
    Case { name, job, count, counted }
}

/// By how much the number of operations is divided for clients that would take most of the time otherwise.
fn divisor(client: &str, job: &str) -> usize {
    match client {
        // It sends one message, and then waits for 10 ms whether one arrives.
        "ewebsock" if job.starts_with("send") || job.starts_with("feed") => 200,
        "ezsockets" | "ewebsock" => 10,
        _ => 1,
    }
}

impl Case {
    /// Whether the client ends in reasonable time: ewebsock has a thread for each connection that looks every 10 ms.
    pub(crate) fn suits(&self, client: &str) -> bool {
        client != "ewebsock" || !self.job.starts_with("many")
    }

    /// The number of operations of a run.
    pub(crate) fn count_for(&self, client: &str) -> usize {
        self.count / divisor(client, self.job)
    }

    /// How many more operations the longer of two counted runs has.
    pub(crate) fn counted_for(&self, client: &str) -> usize {
        self.counted / divisor(client, self.job)
    }

    pub(crate) fn job(&self, count: usize) -> String {
        self.job.replace('N', &count.to_string())
    }

    /// How often it is repeated.
    pub(crate) fn rounds(&self) -> usize {
        // Each run of these waits for memory to settle, and their figures differ little.
        if self.name.starts_with("idle") { 3 } else { 7 }
    }
}

pub(crate) const CASES: [Case; 23] = [
    case("receive 16 B", "receive/binary/16/N", 1_000_000, 20_000),
    case("receive text 128 B", "receive/text/128/N", 400_000, 10_000),
    case("receive 1 KiB", "receive/binary/1024/N", 200_000, 10_000),
    case("receive 64 KiB", "receive/binary/65536/N", 6_000, 600),
    case("receive 1 MiB", "receive/binary/1048576/N", 400, 0),
    case("send 16 B", "send/binary/16/N", 150_000, 10_000),
    case("send 1 KiB", "send/binary/1024/N", 100_000, 5_000),
    case("send 64 KiB", "send/binary/65536/N", 6_000, 400),
    case("send 16 B, one flush", "feed/binary/16/N", 500_000, 10_000),
    case("send 1 KiB, one flush", "feed/binary/1024/N", 200_000, 5_000),
    case("round trip 32 B", "echo/binary/32/N", 4_000, 1_000),
    case("connect and close", "cycle/N", 300, 100),
    case("receive text 128 B, 2,000 connections", "many/text/128/2000/N", 40, 0),
    case("receive text 128 B, wss", "receive/text/128/N+tls", 200_000, 0),
    case("receive 64 KiB, wss", "receive/binary/65536/N+tls", 2_000, 0),
    case("send 1 KiB, wss", "send/binary/1024/N+tls", 50_000, 0),
    case("round trip 32 B, wss", "echo/binary/32/N+tls", 4_000, 0),
    case("connect and close, wss", "cycle/N+tls", 50, 0),
    case("receive JSON 200 B, compressed", "receive/json/200/N+deflate", 60_000, 2_000),
    case("send JSON 200 B, compressed", "send/json/200/N+deflate", 20_000, 2_000),
    case("idle connection", "hold/2000", 0, 0),
    case("idle connection, wss", "hold/2000+tls", 0, 0),
    case("idle connection, compression agreed on", "hold/2000+deflate", 0, 0),
];
