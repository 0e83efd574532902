//! URLs beside those of Node, which reads them as browsers do. `HOMING_NODE=node cargo test -p homing --lib beside_node`
//! runs it; `HOMING_NODE_CASES` is the number of texts.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::native::url::parse_url;

/// Reads a text in hexadecimal digits from each line. Prints the URL that a browser would dial, or an empty line.
const SCRIPT: &str = r"
for (const line of require('fs').readFileSync(0, 'utf8').split('\n').slice(0, -1)) {
    const url = parse(Buffer.from(line, 'hex').toString());
    const scheme = { 'ws:': 'ws:', 'http:': 'ws:', 'wss:': 'wss:', 'https:': 'wss:' }[url?.protocol];
    const isDialled = scheme && !url.href.includes('#') && url.port !== '0';
    console.log(isDialled ? scheme + url.href.slice(url.protocol.length) : '');
}
function parse(text) {
    try {
        return new URL(text);
    } catch {}
}
";

/// Without labels that begin with a digit of Arabic (RFC 5893, section 2) and without invalid Punycode, both of which the
/// standard refuses, and Node 20 accepts.
const PARTS: [&str; 94] = [
    "ws:",
    "ws:",
    "ws://",
    "ws://",
    "wss://",
    "wss://",
    "http://",
    "https://",
    "HTTP:\\\\",
    "WsS:/",
    "ftp://",
    "file:",
    "//",
    "/",
    "/",
    "\\",
    "?",
    "#",
    ":",
    "@",
    "user",
    "pass%40",
    "user:pass@",
    ":@",
    "a",
    "a.test",
    "A.Test.",
    "example.com",
    "localhost",
    "xn--bcher-kva",
    "b\u{fc}cher",
    "fa\u{df}",
    "\u{3002}",
    "\u{ff0e}",
    "\u{ff11}",
    "\u{ad}",
    "\u{200b}",
    "\u{1f600}",
    "\u{212a}",
    "127.0.0.1",
    "127.1",
    "0x7f.1",
    "017700000001",
    "2130706433",
    "4294967296",
    "1.2.3.4.5",
    "1.2.3.256",
    "0x",
    "09",
    "1..2",
    "[::1]",
    "[::ffff:1.2.3.4]",
    "[2001:DB8::0:1]",
    "[::1",
    "[fe80::1%251]",
    "[1:2:3:4:5:6:7:8:9]",
    ":80",
    ":443",
    ":8080",
    ":0",
    ":65535",
    ":65536",
    ":00080",
    ":x",
    ":",
    "path",
    "..",
    ".",
    "%2e%2E",
    "%",
    "%zz",
    "%00",
    "%F0%9F",
    " ",
    "\t",
    "\n",
    "\u{0}",
    "\u{1f}",
    "\u{7f}",
    "\u{a0}",
    "\"",
    "<",
    ">",
    "`",
    "{",
    "}",
    "|",
    "^",
    "'",
    "!$&()*+,;=",
    "~_",
    "q=\u{f6}",
    "[",
    "]",
];

#[test]
fn urls_are_read_as_by_node() {
    let Ok(node) = std::env::var("HOMING_NODE") else {
        return println!("SKIPPED: HOMING_NODE is not set");
    };
    let cases = std::env::var("HOMING_NODE_CASES").map_or(100_000, |cases| cases.parse().unwrap());
    let mut state = 1_u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut texts = Vec::new();
    for case in 0..cases {
        // Most begin as a URL does.
        let mut text = PARTS[if case % 8 == 0 { draw(PARTS.len()) } else { draw(10) }].to_owned();
        (0..=draw(6)).for_each(|_| text += PARTS[draw(PARTS.len())]);
        texts.push(text);
    }
    let hexadecimal = |text: &String| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n";
    let input: String = texts.iter().map(hexadecimal).collect();
    let mut child =
        Command::new(node).args(["-e", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writing = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    writing.join().unwrap();
    assert_eq!(output.lines().count(), texts.len());
    let accepted = output.lines().filter(|line| !line.is_empty()).count();
    assert!(accepted > texts.len() / 10, "{accepted} are accepted");
    let own = |text: &String| parse_url(text).map(String::from).unwrap_or_default();
    let differences: Vec<_> = texts.iter().zip(output.lines()).filter(|(text, node)| own(text) != *node).collect();
    let shown = differences.iter().take(30).map(|(text, node)| format!("{text:?}: {:?}, Node {node:?}\n", own(text)));
    assert!(differences.is_empty(), "{} of {cases}:\n{}", differences.len(), shown.collect::<String>());
    println!("{cases} texts, {accepted} of them URLs");
}
