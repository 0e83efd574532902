//! Compares this reading of `NO_PROXY` with that of curl: a table of lists, hosts, and whether curl dialled directly.
//!
//! `HOMING_CURL=write cargo test -p homing --lib no_proxy` records it again with the installed curl.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;

use super::*;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/native/dial/samples/no-proxy.tsv");

const HOSTS: [&str; 25] = [
    "example.com",
    "EXAMPLE.com",
    "www.example.com",
    "a.b.example.com",
    "notexample.com",
    "example.com.",
    "www.example.com.",
    "com",
    "localhost",
    "a",
    "xn--bcher-kva.example",
    "1.2.3.4.example",
    "foo_bar.example",
    "10.1.2.3",
    "10.1.2.128",
    "11.0.0.1",
    "127.0.0.1",
    "192.168.1.1",
    "[::1]",
    "[::2]",
    "[2001:db8::1]",
    "[2001:db9::1]",
    "[2001:db8:8000::]",
    "[::ffff:10.1.2.3]",
    "[fe80::1]",
];

/// Entries, one to a word.
const ENTRIES: &str = "example.com .example.com ..example.com example.com. .example.com. example.com.. *.example.com *
    *com .com com Example.COM www.example.com ww.example.com b.example.com a.b. 10.0.0.0/8 10.1.2.3 10.1.2.3/32 10.1.2.3/0
    10.1.2.3/33 0.0.0.0/0 128.0.0.0/1 0.0.0.0/1 10.1.2.3/-1 10.1.2.3/+8 10.1.2.3/08 10.1.2.3/x 10.1.2.3/8x 10.1.2.3/
    10.1.2.3/8/8 10.1.2.3/4294967304 10.1.2.3/99999999999999999999 10.1.2.0/31 10.1.2.0/30 10.1.2.0/25 10.1/16 10. 10.*
    .2.3 2.3 3 ::1 [::1] [::1]:80 [::1]/128 0:0:0:0:0:0:0:1 ::0.0.0.1 2001:db8::/32 2001:db8::/31 2001:db8::/30
    2001:DB8::/33 ::/0 ::1/128 ::/127 ::/126 ::1/129 fe80::/10 ::ffff:10.0.0.0/104 ::ffff:10.1.2.3 ::ffff:a01:203 fe80::1%1
    example.com:80 example.com/8 http://example.com . .. - / xn--bcher-kva.example .xn--bcher-kva.example bücher.example
    example a 4.example foo_bar.example localhost LOCALHOST .localhost 127.0.0.1 127.0.0.0/8 127.1 010.1.2.3 0x0a.1.2.3
    10.1.2.3. 256.1.2.3 1.2.3.4.5 192.168.0.0/16";

const SEPARATORS: [&str; 12] = [",", ",", ",", ", ", " ", " , ", ",,", "\t", ";", " ,, ", ",\t", "|"];

/// Returns each entry by itself, then odd lists, then random ones.
fn lists() -> Vec<String> {
    let entries: Vec<_> = ENTRIES.split_whitespace().collect();
    let odd =
        ["example.com ", "  example.com", ",example.com", "example.com,", "x,*", "* ", "*,*", " *", ", ,example.com"];
    let mut lists: Vec<_> = entries.iter().chain(&odd).map(|list| (*list).to_owned()).collect();
    let mut state = 1_u32;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    while lists.len() < 500 {
        let mut list = entries[draw(entries.len())].to_owned();
        for _ in 0..=draw(3) {
            list += SEPARATORS[draw(SEPARATORS.len())];
            list += entries[draw(entries.len())];
        }
        lists.push(list);
    }
    lists
}

/// Answers every connection with this status. Returns the port.
fn serve(status: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // The request is small enough to arrive in one piece.
            let _ = stream.read(&mut [0; 4096]);
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    port
}

/// Asks curl for each list and host, and writes the table.
fn record() {
    let (proxy, server) = (serve("403 Proxy"), serve("200 Server"));
    let lists = lists();
    let mut config = String::new();
    for (list, host) in lists.iter().flat_map(|list| HOSTS.map(|host| (list, host))) {
        let list = list.replace('\t', "\\t");
        let _ = write!(
            config,
            "url = \"http://{host}/\"\nnoproxy = \"{list}\"\nproxy = \"http://127.0.0.1:{proxy}\"\n\
             connect-to = \"::127.0.0.1:{server}\"\noutput = /dev/null\nsilent\nwrite-out = \"%{{http_connect}} %{{http_code}}\\n\"\nnext\n"
        );
    }
    let file = std::env::temp_dir().join(format!("homing-curl-{}", std::process::id()));
    std::fs::write(&file, config.strip_suffix("next\n").unwrap()).unwrap();
    let curl = |arguments: &[&str]| {
        let out = Command::new("curl").env_remove("NO_PROXY").env_remove("no_proxy").args(arguments).output().unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    let version = curl(&["--version"]).split_whitespace().find(|word| word.starts_with("libcurl/")).unwrap().to_owned();
    let statuses = curl(&["-q", "-K", file.to_str().unwrap()]);
    std::fs::remove_file(file).unwrap();
    let mut statuses = statuses.lines();
    let mut table = format!("{version}\t{}\n", HOSTS.join("\t"));
    for list in lists {
        let answers = HOSTS.map(|_| match statuses.next().unwrap() {
            "403 000" => 'p',
            "000 200" => 'd',
            other => panic!("{other}"),
        });
        let _ = writeln!(table, "{}\t{}", String::from_iter(answers), list.replace('\t', "\\t"));
    }
    std::fs::write(TABLE, table).unwrap();
}

#[test]
fn hosts_are_exempt_as_in_curl() {
    if std::env::var("HOMING_CURL").is_ok_and(|value| value == "write") {
        record();
    }
    let table = std::fs::read_to_string(TABLE).unwrap();
    let (head, rows) = table.split_once('\n').unwrap();
    let hosts: Vec<_> = head.split('\t').skip(1).collect();
    let (mut pairs, mut answers, mut differences) = (0, BTreeSet::new(), Vec::new());
    for row in rows.lines() {
        let (row, list) = row.split_once('\t').unwrap();
        let list = NoProxy::new(list.replace("\\t", "\t"));
        for (host, answer) in hosts.iter().zip(row.chars()) {
            pairs += 1;
            answers.insert(answer);
            if list.exempts(host.trim_matches(['[', ']'])) != (answer == 'd') {
                differences.push(format!("{host} with {:?}: curl says {answer}", list.0));
            }
        }
    }
    assert!(pairs > 10_000 && answers == BTreeSet::from(['d', 'p']), "{pairs} pairs, {answers:?}");
    assert!(differences.is_empty(), "{} of {pairs}:\n{}", differences.len(), differences.join("\n"));
}

/// What the table does not reach: an environment variable can be long, and can have any characters.
#[test]
fn no_list_panics() {
    arbtest::arbtest(|u| {
        let list = NoProxy::new(u.arbitrary()?);
        let host: String = u.arbitrary()?;
        list.exempts(&host);
        // The first entry that is the host itself.
        let is_plain =
            !host.is_empty() && !host.contains([' ', '\t', ',', '/']) && !host.starts_with('.') && !host.ends_with('.');
        assert!(!is_plain || NoProxy::new(format!("{host},{}", list.0)).exempts(&host), "{host:?}");
        Ok(())
    });
}
