mod states;

use super::*;

const BOUNDS: Bounds = Bounds { max_head: 4096, max_streams: 2, now: 0 };
const GET: &[u8] = b"\x82\x86\x84\x41\x01a";

struct Peer {
    session: Session,
    space: Space,
}

impl Peer {
    fn new() -> Peer {
        let mut hello = PREFACE.to_vec();
        frame::settings(&mut hello, &[]);
        let mut peer = Peer { session: Session::new(&BOUNDS), space: Space::default() };
        assert_eq!(peer.says(&hello), "Hungry");
        peer.session.way.out.clear();
        peer
    }

    /// What `octets` mean: the first event of them.
    fn says(&mut self, octets: &[u8]) -> String {
        let event = self.session.next(octets, &mut 0, &mut self.space, &BOUNDS);
        match event {
            Event::Request { stream, .. } => {
                self.session.open.push(stream);
                format!("Request {}", stream.id)
            }
            event => format!("{event:?}"),
        }
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> String {
        let mut octets = Vec::new();
        frame::head(&mut octets, payload.len(), kind, flags, stream);
        octets.extend_from_slice(payload);
        self.says(&octets)
    }

    /// The kinds of frames that were said in answer.
    fn answered(&mut self) -> Vec<u8> {
        let out = std::mem::take(&mut self.session.way.out);
        let (mut rest, mut kinds) = (&out[..], Vec::new());
        while let Some(head) = Head::parse(rest) {
            kinds.push(head.kind);
            rest = &rest[frame::HEAD + head.length..];
        }
        kinds
    }
}

#[test]
fn a_request_becomes_the_head_of_http_1() {
    let mut peer = Peer::new();
    assert_eq!(peer.frame(kind::HEADERS, 5, 1, GET), "Request 1");
    assert_eq!(peer.space.text, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!((peer.session.requests(), peer.session.is_reading()), (1, false));
}

#[test]
fn a_section_in_parts_lets_no_other_frame_between_them() {
    let mut peer = Peer::new();
    assert_eq!(peer.frame(kind::HEADERS, 1, 1, &GET[..3]), "Hungry");
    assert!(peer.session.is_reading());
    assert_eq!(peer.frame(kind::CONTINUATION, 4, 1, &GET[3..]), "Request 1");
    assert_eq!(peer.frame(kind::HEADERS, 1, 3, &GET[..3]), "Hungry");
    assert!(peer.frame(kind::PING, 0, 0, &[0; 8]).starts_with("Fatal(Protocol"));
}

#[test]
fn more_streams_than_are_allowed_are_refused_one_by_one() {
    let mut peer = Peer::new();
    assert_eq!(peer.frame(kind::HEADERS, 4, 1, GET), "Request 1");
    assert_eq!(peer.frame(kind::HEADERS, 4, 3, GET), "Request 3");
    assert_eq!(peer.frame(kind::HEADERS, 4, 5, GET), "Hungry");
    assert_eq!(peer.answered(), [kind::RST_STREAM]);
    // What of it was on its way is nobody's mistake.
    assert_eq!(peer.frame(kind::DATA, 1, 5, b"abc"), "Hungry");
    assert_eq!(peer.answered(), []);
}

#[test]
fn the_windows_of_a_body_are_kept_and_given_back() {
    let mut peer = Peer::new();
    assert_eq!(peer.frame(kind::HEADERS, 4, 1, GET), "Request 1");
    let piece = vec![0; frame::MAX_FRAME];
    for _ in 0..3 {
        assert!(peer.frame(kind::DATA, 0, 1, &piece).starts_with("Data { place: 0"));
    }
    peer.session.used(0, frame::MAX_FRAME as i64);
    assert_eq!(peer.answered(), [kind::WINDOW_UPDATE]);
    assert!(peer.frame(kind::DATA, 0, 1, &piece).starts_with("Data { place: 0"));
    // Of 65,535 octets and the 16,384 that were given back all but one have come.
    assert!(peer.frame(kind::DATA, 0, 1, &piece[2..]).starts_with("Data { place: 0"));
    assert_eq!(peer.frame(kind::DATA, 0, 1, b"xy"), "Wrong { place: 0, code: FlowControl }");
}

#[test]
fn who_leaves_says_which_requests_were_the_last_ones() {
    let mut peer = Peer::new();
    assert_eq!(peer.frame(kind::HEADERS, 5, 1, GET), "Request 1");
    peer.session.announce();
    peer.session.announce();
    assert!(peer.session.is_leaving() && !peer.session.is_done());
    assert_eq!(peer.answered(), [kind::GOAWAY]);
    assert_eq!(peer.frame(kind::HEADERS, 5, 3, GET), "Request 3", "it was on its way");
    peer.session.leave(Code::NoError, "");
    peer.session.leave(Code::NoError, "");
    assert_eq!(peer.answered(), [kind::GOAWAY]);
    assert_eq!(peer.frame(kind::HEADERS, 5, 5, GET), "Hungry", "it is not served");
    peer.session.open.clear();
    assert!(peer.session.is_done());
}

#[test]
fn pings_and_settings_are_answered_and_counted() {
    let mut peer = Peer::new();
    assert_eq!(peer.frame(kind::PING, 0, 0, b"12345678"), "Hungry");
    assert_eq!(peer.frame(kind::PING, flag::ACK, 0, b"12345678"), "Hungry");
    assert_eq!(peer.frame(kind::SETTINGS, 0, 0, &[]), "Hungry");
    assert_eq!(peer.answered(), [kind::PING, kind::SETTINGS]);
    let flood = (0..200).map(|_| peer.frame(kind::PING, 0, 0, &[0; 8]));
    assert!(flood.last().unwrap().starts_with("Fatal(EnhanceYourCalm"));
}
