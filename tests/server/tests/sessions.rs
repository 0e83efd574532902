//! The scripts that know their clients across connections.

mod common;

use common::Client;
use homing_test_server::Server;

impl Client {
    fn say(&mut self, text: &str) -> &mut Self {
        self.send(1, text.as_bytes());
        self
    }

    /// Says each text and compares its answer.
    fn talk(&mut self, exchanges: &[(&str, &str)]) -> &mut Self {
        for (question, answer) in exchanges {
            assert_eq!(self.say(question).text(), *answer);
        }
        self
    }

    /// Expects a Close frame with this code, and answers it.
    fn refused(&mut self, code: u16) {
        let (first, payload) = self.frame();
        assert_eq!((first, &payload[..2]), (0x88, &code.to_be_bytes()[..]));
        self.close(code);
        assert_eq!(self.end(), Ok(()));
    }
}

#[test]
fn login_wants_a_token_first() {
    let server = Server::start().unwrap();
    let open = || Client::open(&server, "/login?uses=2");
    open().say("hello").refused(4401);
    open().talk(&[("login a", "welcome"), ("hello", "hello")]);
    open().talk(&[("login a", "welcome")]);
    open().say("login a").refused(4401);
    open().talk(&[("login b", "welcome")]);
}

#[test]
fn topics_are_those_of_the_connection() {
    let server = Server::start().unwrap();
    let mut client = Client::open(&server, "/topics");
    client.talk(&[("subscribe a", "subscribed a"), ("publish a one two", "a one two")]);
    client.say("unsubscribe a").say("publish a three").refused(4404);
    Client::open(&server, "/topics").say("publish a four").refused(4404);
}

#[test]
fn events_resume_after_a_number() {
    let server = Server::start().unwrap();
    let mut client = Client::open(&server, "/events?n=5&cut=2");
    assert_eq!(client.say("resume 1").text(), "2 event");
    assert_eq!((client.text(), client.end()), ("3 event".into(), Ok(())));
    let mut client = Client::open(&server, "/events?n=5&cut=2");
    assert_eq!(client.say("resume 3").text(), "4 event");
    assert_eq!(client.text(), "5 event");
    assert!(client.quiet());
    Client::open(&server, "/events").say("hello").refused(4400);
}

#[test]
fn the_inbox_takes_each_number_once() {
    let server = Server::start().unwrap();
    let mut client = Client::open(&server, "/inbox?cut=2");
    client.talk(&[("hello me", "have 0"), ("1 a", "ack 1")]).say("2 b");
    assert_eq!(client.end(), Ok(()));
    Client::open(&server, "/inbox").talk(&[("hello me", "have 2")]).say("2 b").refused(4409);
    Client::open(&server, "/inbox").talk(&[("hello me", "have 2")]).say("4 d").refused(4409);
    Client::open(&server, "/inbox").talk(&[("hello me", "have 2"), ("3 c", "ack 3"), ("4 d", "ack 4")]);
    Client::open(&server, "/inbox").talk(&[("hello you", "have 0")]);
}

#[test]
fn calls_are_answered_by_their_method() {
    let server = Server::start().unwrap();
    let mut client = Client::open(&server, "/calls");
    client.say("1 hold a").say("2 never b").talk(&[("3 echo c d", "3 c d")]);
    assert_eq!(client.text(), "1 a");
    client.say("4 cut");
    assert_eq!(client.end(), Ok(()));
}

#[test]
fn limits_are_enforced() {
    let server = Server::start().unwrap();
    let path = "/limited?burst=2&per_second=0.001&busy=1&retry_after=3";
    let head = Client::ask(server.addr(), path, "").head();
    assert!(head.starts_with("HTTP/1.1 429 ") && head.contains("\r\nRetry-After: 3\r\n"), "{head}");
    let mut client = Client::open(&server, path);
    client.talk(&[("a", "a"), ("b", "b")]).say("c").refused(4429);
    let mut client = Client::open(&server, "/limited?cut=2");
    client.talk(&[("a", "a")]).say("b");
    assert_eq!(client.end(), Ok(()));
}

#[test]
fn the_ledger_wants_a_login_and_each_number_once() {
    let server = Server::start().unwrap();
    Client::open(&server, "/ledger").say("1 a").refused(4401);
    let mut client = Client::open(&server, "/ledger");
    client
        .talk(&[("login me", "have 0"), ("1 a", "ack 1"), ("beat", "beat"), ("2 b", "ack 2")])
        .say("4 d")
        .refused(4409);
    Client::open(&server, "/ledger").talk(&[("login me", "have 2")]).say("2 b").refused(4409);
    Client::open(&server, "/ledger").talk(&[("login me", "have 2")]).say("login me").refused(4409);
    let mut old = Client::open(&server, "/ledger?repeats=1");
    old.talk(&[("login me", "have 2"), ("1 a", "ack 1"), ("3 c", "ack 3")]);
    Client::open(&server, "/ledger").talk(&[("login me", "have 3"), ("4 d", "ack 4")]);
    old.say("5 e").refused(4408);
    let texts = server.journal().into_iter().filter_map(|entry| match entry.what {
        homing_test_server::What::Text(text) => Some(text),
        _ => None,
    });
    assert_eq!(texts.collect::<Vec<_>>(), ["1 a", "2 b", "3 c", "4 d"]);
}
