//! What a frame means in each state of a stream (RFC 9113 section 5.1), and the windows both ways.

use super::*;

const NUMBER: [u8; 4] = [0, 0, 0, 8];

/// A connection, and a stream of it in one of the states that ours know.
fn stream_that_is(state: &str) -> Peer {
    let mut peer = Peer::new();
    match state {
        "idle" => {}
        "open" => assert_eq!(peer.frame(kind::HEADERS, 4, 1, GET), "Request 1"),
        "ended by the client" => assert_eq!(peer.frame(kind::HEADERS, 5, 1, GET), "Request 1"),
        "answered" => {
            peer.frame(kind::HEADERS, 5, 1, GET);
            peer.session.open.clear();
        }
        "reset by us" | "reset by the client" => {
            peer.frame(kind::HEADERS, 4, 1, GET);
            if state.ends_with("us") {
                let stream = peer.session.open[0];
                peer.session.reset(&stream, Code::NoError);
            } else {
                assert_eq!(peer.frame(kind::RST_STREAM, 0, 1, &NUMBER), "Reset { place: 0 }");
            }
            peer.session.open.clear();
        }
        "behind our GOAWAY" => {
            peer.session.leave(Code::NoError, "");
            assert_eq!(peer.frame(kind::HEADERS, 4, 1, GET), "Hungry");
        }
        state => panic!("{state}"),
    }
    peer.session.way.out.clear();
    peer
}

#[test]
fn each_frame_means_what_the_state_of_its_stream_makes_of_it() {
    let protocol = "Fatal(Protocol";
    let closed = "Wrong { place: 0, code: StreamClosed }";
    let rst = "Hungry, and RST_STREAM";
    // DATA, trailers, RST_STREAM, WINDOW_UPDATE.
    let table = [
        ("idle", [protocol, "Request 1", protocol, protocol]),
        ("open", ["Data { place: 0", "Data { place: 0", "Reset { place: 0 }", "Room"]),
        ("ended by the client", [closed, closed, "Reset { place: 0 }", "Room"]),
        ("answered", [rst, "Fatal(StreamClosed", "Hungry", "Hungry"]),
        ("reset by us", ["Hungry", "Hungry", "Hungry", "Hungry"]),
        ("reset by the client", [rst, "Fatal(StreamClosed", "Hungry", "Hungry"]),
        ("behind our GOAWAY", ["Hungry", "Hungry", "Hungry", "Hungry"]),
    ];
    for (state, meanings) in table {
        let fields: &[u8] = if state == "idle" { GET } else { b"\x00\x01x\x01y" };
        let frames: [(u8, u8, &[u8]); 4] = [
            (kind::DATA, 0, b"abc"),
            (kind::HEADERS, 5, fields),
            (kind::RST_STREAM, 0, &NUMBER),
            (kind::WINDOW_UPDATE, 0, &NUMBER),
        ];
        for ((kind, flags, payload), meaning) in frames.into_iter().zip(meanings) {
            let mut peer = stream_that_is(state);
            let mut seen = peer.frame(kind, flags, 1, payload);
            if peer.answered().contains(&kind::RST_STREAM) {
                seen += ", and RST_STREAM";
            }
            let is_meant =
                if meaning == "Hungry" { seen == meaning } else { seen.starts_with(meaning) };
            assert!(is_meant, "{state}, frame {kind}: {seen}, not {meaning}");
            // PRIORITY may come in every state.
            assert_eq!(stream_that_is(state).frame(kind::PRIORITY, 0, 1, &[0; 5]), "Hungry");
        }
    }
}

#[test]
fn what_crossed_our_goaway_ends_nothing_and_is_never_named() {
    let mut peer = Peer::new();
    assert_eq!(peer.frame(kind::HEADERS, 5, 1, GET), "Request 1");
    peer.session.leave(Code::NoError, "");
    peer.session.way.out.clear();
    assert_eq!(peer.frame(kind::HEADERS, 4, 3, GET), "Hungry");
    assert_eq!(peer.frame(kind::DATA, 1, 3, b"abc"), "Hungry");
    assert_eq!(peer.answered(), []);
    assert_eq!(peer.session.window, CONNECTION_WINDOW - 3, "its octets count");
    peer.session.fail(Code::Protocol, "");
    let last = frame::number(&peer.session.way.out[frame::HEAD..]);
    assert_eq!(last, 1, "the last stream that is served does not grow");
}

#[test]
fn the_window_of_the_connection_is_opened_again_at_half_and_bounds_all_streams() {
    let mut peer = Peer::new();
    for id in [1, 3] {
        peer.frame(kind::HEADERS, 4, id, GET);
        peer.session.open.last_mut().unwrap().window = i64::MAX / 2;
    }
    let piece = vec![0; frame::MAX_FRAME];
    let pieces = CONNECTION_WINDOW as usize / 2 / piece.len();
    for number in 0..pieces {
        peer.frame(kind::DATA, 0, [1, 3][number % 2], &piece);
    }
    assert_eq!(peer.answered(), [], "half is left");
    peer.frame(kind::DATA, 0, 1, b"x");
    assert_eq!(peer.answered(), [kind::WINDOW_UPDATE]);
    assert_eq!(peer.session.window, CONNECTION_WINDOW);
    peer.session.window = 2;
    assert!(peer.frame(kind::DATA, 0, 3, b"abc").starts_with("Fatal(FlowControl"));
}

#[test]
fn padding_counts_in_both_windows_and_is_given_back_at_once() {
    let mut peer = Peer::new();
    peer.frame(kind::HEADERS, 4, 1, GET);
    let padded = [&[7][..], b"abc", &[0; 7]].concat();
    let seen = peer.frame(kind::DATA, flag::PADDED, 1, &padded);
    assert!(seen.contains("octets: [97, 98, 99]"), "{seen}");
    let left = (CONNECTION_WINDOW - 11, WINDOW - 3);
    assert_eq!((peer.session.window, peer.session.open[0].window), left);
    assert_eq!(peer.answered(), [kind::WINDOW_UPDATE], "for the stream, of the padding");
}

#[test]
fn padding_is_at_most_what_is_there() {
    for (payload, meaning) in [
        (&b"\x02ab"[..], "Data { place: 0, octets: [], ended: true }"),
        (b"\x00", "Data { place: 0, octets: [], ended: true }"),
        (b"\x03ab", "Fatal(Protocol"),
        (b"\xff", "Fatal(Protocol"),
        (b"", "Fatal(FrameSize"),
    ] {
        let mut peer = stream_that_is("open");
        let seen = peer.frame(kind::DATA, flag::PADDED | flag::END_STREAM, 1, payload);
        assert!(seen.starts_with(meaning), "{payload:?}: {seen}");
    }
}

#[test]
fn windows_to_the_client_do_not_grow_beyond_their_bounds() {
    let most = 0x7fff_ffff_u32;
    let grow = |by: u32| by.to_be_bytes();
    let mut peer = stream_that_is("open");
    let room = most - WINDOW as u32;
    assert_eq!(peer.frame(kind::WINDOW_UPDATE, 0, 1, &grow(room)), "Room");
    let wrong = "Wrong { place: 0, code: FlowControl }";
    assert_eq!(peer.frame(kind::WINDOW_UPDATE, 0, 1, &grow(1)), wrong);
    let nothing = stream_that_is("open").frame(kind::WINDOW_UPDATE, 0, 1, &grow(0));
    assert_eq!(nothing, "Wrong { place: 0, code: Protocol }");
    assert_eq!(peer.frame(kind::WINDOW_UPDATE, 0, 0, &grow(room)), "Room");
    assert!(peer.frame(kind::WINDOW_UPDATE, 0, 0, &grow(1)).starts_with("Fatal(FlowControl"));
    // A first window that is allowed, but not with what a stream was given before.
    let mut peer = stream_that_is("open");
    peer.frame(kind::WINDOW_UPDATE, 0, 1, &grow(1));
    let first = [&[0, 4][..], &grow(most)].concat();
    assert!(peer.frame(kind::SETTINGS, 0, 0, &first).starts_with("Fatal(FlowControl"));
}

#[test]
fn a_first_window_that_grows_makes_room_and_one_that_shrinks_does_not() {
    let mut peer = stream_that_is("open");
    let first = |octets: u32| [&[0, 4][..], &octets.to_be_bytes()].concat();
    for (octets, meaning) in [(100, "Hungry"), (100, "Hungry"), (101, "Room"), (0, "Hungry")] {
        assert_eq!(peer.frame(kind::SETTINGS, 0, 0, &first(octets)), meaning, "{octets}");
        assert_eq!(peer.session.way.initial, i64::from(octets));
        assert_eq!(peer.answered(), [kind::SETTINGS]);
    }
}

#[test]
fn trailers_end_a_body_and_have_no_fields_of_a_request() {
    let post = b"\x83\x86\x84\x41\x01a\x0f\x0d\x013"; // content-length: 3
    for (flags, section, sent, meaning) in [
        (5, &b"\x00\x01x\x01y"[..], &b"abc"[..], "Data { place: 0, octets: [], ended: true }"),
        (4, b"\x00\x01x\x01y", b"abc", "Wrong { place: 0, code: Protocol }"),
        (5, b"\x84", b"abc", "Wrong { place: 0, code: Protocol }"),
        (5, b"\x00\x01x\x01y", b"ab", "Wrong { place: 0, code: Protocol }"),
        (5, b"\xff\xff\xff\x7f", b"abc", "Fatal(Compression"),
    ] {
        let mut peer = Peer::new();
        assert_eq!(peer.frame(kind::HEADERS, 4, 1, post), "Request 1");
        assert!(peer.frame(kind::DATA, 0, 1, sent).starts_with("Data"));
        let seen = peer.frame(kind::HEADERS, flags, 1, section);
        assert!(seen.starts_with(meaning), "{section:?} behind {sent:?}: {seen}");
    }
}
