use super::*;

fn agreed(offered: Option<&Deflate>, answers: &[&str]) -> Result<Option<Agreement>, String> {
    let headers = answers.iter().map(|answer| ("sec-websocket-extensions".to_owned(), (*answer).to_owned()));
    agree(&headers.collect(), offered)
}

fn agreement(client_takeover: bool, server_takeover: bool, client_bits: u8, server_bits: u8) -> Agreement {
    Agreement { client_takeover, server_takeover, client_bits, server_bits }
}

#[test]
fn offers() {
    assert_eq!(Deflate::new().offer(), "permessage-deflate; client_max_window_bits");
    let all = Deflate::new().no_context_takeover().client_max_window_bits(9).server_max_window_bits(8);
    assert_eq!(
        all.offer(),
        "permessage-deflate; client_max_window_bits=9; server_max_window_bits=8; client_no_context_takeover; \
         server_no_context_takeover"
    );
}

#[test]
fn valid_responses_are_accepted() {
    let offered = Deflate::new();
    assert_eq!(agreed(Some(&offered), &[]), Ok(None));
    for (answer, expected) in [
        ("permessage-deflate", agreement(true, true, 15, 15)),
        ("permessage-deflate;server_no_context_takeover", agreement(true, false, 15, 15)),
        ("permessage-deflate ; client_no_context_takeover", agreement(false, true, 15, 15)),
        ("permessage-deflate; client_max_window_bits=8", agreement(true, true, 8, 15)),
        ("permessage-deflate; server_max_window_bits = \"10\"", agreement(true, true, 15, 10)),
        (
            "permessage-deflate; server_max_window_bits=15; client_max_window_bits=9; \
             client_no_context_takeover; server_no_context_takeover",
            agreement(false, false, 9, 15),
        ),
    ] {
        assert_eq!(agreed(Some(&offered), &[answer]), Ok(Some(expected)), "{answer}");
    }
    // An empty header means no extension.
    for none in [&[""][..], &["", ""], &[" , ,"]] {
        assert_eq!(agreed(Some(&offered), none), Ok(None), "{none:?}");
        assert_eq!(agreed(None, none), Ok(None), "{none:?}");
    }
    for once in [&["", "permessage-deflate"][..], &[", permessage-deflate,"]] {
        assert_eq!(agreed(Some(&offered), once), Ok(Some(agreement(true, true, 15, 15))), "{once:?}");
    }
    let small = Deflate::new().client_max_window_bits(11).client_no_context_takeover();
    assert_eq!(agreed(Some(&small), &["permessage-deflate"]), Ok(Some(agreement(false, true, 11, 15))));
}

#[test]
fn s23_invalid_responses_fail_the_handshake() {
    let offered = Deflate::new().client_max_window_bits(12);
    for answers in [
        &["permessage-deflate; server_max_window_bits"][..],
        &["permessage-deflate; server_max_window_bits=7"],
        &["permessage-deflate; server_max_window_bits=16"],
        &["permessage-deflate; server_max_window_bits=010"],
        &["permessage-deflate; server_max_window_bits=+9"],
        &["permessage-deflate; server_max_window_bits=1x"],
        &["permessage-deflate; server_max_window_bits=\"10"],
        &["permessage-deflate; client_max_window_bits"],
        &["permessage-deflate; client_max_window_bits=13"],
        &["permessage-deflate; client_no_context_takeover=1"],
        &["permessage-deflate; server_no_context_takeover; server_no_context_takeover"],
        &["permessage-deflate; client_max_window_bits=9; client_max_window_bits=9"],
        &["permessage-deflate; fast"],
        &["permessage-deflate; "],
        &["permessage-deflate, permessage-deflate"],
        &["permessage-deflate", "permessage-deflate"],
        &["permessage-deflate, x-other"],
        &["x-webkit-deflate-frame"],
        &["Permessage-Deflate"],
        &[";"],
        &["", "x-other"],
    ] {
        assert!(agreed(Some(&offered), answers).is_err(), "{answers:?}");
    }
    assert!(agreed(None, &["permessage-deflate"]).is_err());
    let demanding = Deflate::new().server_max_window_bits(10);
    for answer in ["permessage-deflate", "permessage-deflate; server_max_window_bits=11"] {
        assert!(agreed(Some(&demanding), &[answer]).is_err(), "{answer}");
    }
    assert!(agreed(Some(&demanding), &["permessage-deflate; server_max_window_bits=8"]).is_ok());
    let demanding = Deflate::new().server_no_context_takeover();
    assert!(agreed(Some(&demanding), &["permessage-deflate; client_no_context_takeover"]).is_err());
}

#[test]
fn s01_settings_out_of_range() {
    let ok = [Deflate::new(), Deflate::new().level(1).client_max_window_bits(9).server_max_window_bits(8)];
    assert!(ok.iter().all(|deflate| deflate.check().is_ok()));
    for wrong in [
        Deflate::new().level(0),
        Deflate::new().level(10),
        Deflate::new().client_max_window_bits(8),
        Deflate::new().client_max_window_bits(16),
        Deflate::new().server_max_window_bits(7),
        Deflate::new().server_max_window_bits(16),
    ] {
        assert_eq!(wrong.check().unwrap_err().option, "deflate", "{wrong:?}");
    }
}
