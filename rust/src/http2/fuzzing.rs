//! Frames of a client, whatever they are and however they are cut: see [`crate::fuzzing`].

use super::answer::{Answer, Written};
use super::frame::{self, Head, PREFACE, kind};
use super::heads::Heads;
use super::hpack::Decoder;
use super::session::{Bounds, Event, Open, Session, Space};
use crate::fuzzing::{Choices, Verdict, head};
use crate::http::Limits;

const MAX_HEAD: usize = 1000;

/// What a connection may hold: a field section, its table, streams, and what nobody took yet.
const HELD: u64 = 160 * 1024;

/// What is answered.
const ANSWERS: [&str; 2] = ["200 OK", "404 Not Found"];

pub(crate) fn http2_frames(data: &[u8]) {
    let mut choices = Choices(data);
    let (flags, every) = (choices.octet(), usize::from(choices.octet()).max(1));
    let mut stream = Vec::new();
    if flags & 1 == 0 {
        // Most of what is worth trying comes behind that.
        stream.extend_from_slice(PREFACE);
        frame::settings(&mut stream, &[]);
    }
    stream.extend_from_slice(&choices.0[..choices.0.len().min(60_000)]);
    let whole = Scene::played(&stream, stream.len().max(1), flags);
    let cut = Scene::played(&stream, every, flags);
    assert_eq!(whole.seen, cut.seen, "cut every {every} octets");
    assert_eq!(whole.said.escape_ascii().to_string(), cut.said.escape_ascii().to_string());
    read_back(&whole.said);
}

/// A connection, and what has come of it.
struct Scene {
    session: Session,
    space: Space,
    heads: Heads,
    /// Every event, as text.
    seen: Vec<String>,
    said: Vec<u8>,
    /// Streams that are answered later or never.
    waiting: bool,
    ended: bool,
}

impl Scene {
    /// The scene after `stream`, of which `every` octets come at a time.
    fn played(stream: &[u8], every: usize, flags: u8) -> Scene {
        let bounds = Bounds { max_head: MAX_HEAD, max_streams: 3, now: 0 };
        let mut scene = Scene {
            session: Session::new(&bounds),
            space: Space::default(),
            heads: Heads::default(),
            seen: Vec::new(),
            said: Vec::new(),
            waiting: flags & 2 != 0,
            ended: false,
        };
        for piece in stream.chunks(every) {
            let mut input = std::mem::take(&mut scene.session.kept);
            input.extend_from_slice(piece);
            let mut at = 0;
            while !scene.ended && scene.go_on(&input, &mut at, &bounds) {}
            if scene.ended {
                return scene;
            }
            scene.session.kept = input[at..].to_vec();
            scene.said.append(&mut scene.session.way.out);
            assert!(scene.session.kept.len() < frame::HEAD + frame::MAX_FRAME);
            assert!(scene.session.memory() < HELD, "{} octets are held", scene.session.memory());
        }
        scene
    }

    /// Looks at the next frame; whether there may be another one.
    fn go_on(&mut self, input: &[u8], at: &mut usize, bounds: &Bounds) -> bool {
        let event = self.session.next(input, at, &mut self.space, bounds);
        if !matches!(event, Event::Hungry) {
            self.seen.push(format!("{event:?}"));
        }
        match event {
            Event::Hungry => return false,
            Event::Request { stream, .. } => self.request(stream),
            Event::Data { place, octets, ended } => {
                self.session.used(place, octets.len() as i64);
                if ended && !self.waiting {
                    let stream = self.session.open.swap_remove(place);
                    self.answer(stream);
                }
            }
            Event::Reset { place } => {
                self.session.open.swap_remove(place);
            }
            Event::Wrong { place, code } => {
                let stream = self.session.open.swap_remove(place);
                self.session.reset(&stream, code);
            }
            Event::Room => {}
            Event::Fatal(code, why) => {
                self.session.fail(code, why);
                self.said.append(&mut self.session.way.out);
                self.ended = true;
            }
        }
        true
    }

    fn request(&mut self, stream: Open) {
        assert!(self.session.open.len() < 3, "more streams than were allowed");
        let text = std::mem::take(&mut self.space.text);
        self.seen.push(text.escape_ascii().to_string());
        let limits = Limits {
            max_head: 4 * MAX_HEAD,
            max_fields: MAX_HEAD,
            max_target: MAX_HEAD,
            allow_bare_lf: false,
        };
        // Never a second request behind the first, whatever the fields were.
        match head(&text, &limits) {
            Verdict::Whole(_, used) => assert_eq!(used, text.len(), "{}", text.escape_ascii()),
            Verdict::Unfinished => panic!("half a head: {}", text.escape_ascii()),
            Verdict::Refused(_) | Verdict::Unsure => {}
        }
        if stream.ended && !self.waiting {
            self.answer(stream);
        } else {
            self.session.open.push(stream);
        }
    }

    fn answer(&mut self, mut stream: Open) {
        let status = ANSWERS[stream.id as usize / 2 % 2];
        let text = format!(
            "HTTP/1.1 {status}\r\nDate: Thu, 01 Jan 1970 00:00:0{} GMT\r\nX-Kind: a\r\nContent-Length: 3\r\n\r\nabc",
            stream.id % 3
        );
        let mut answer = Answer::new(false);
        let written =
            answer.write(text.as_bytes(), &mut stream, &mut self.session.way, &mut self.heads);
        let Written::Taken(count) = written else { panic!("no answer: {text}") };
        assert!(answer.is_done() == (count == text.len()) && count <= text.len());
        if !answer.is_done() {
            self.session.reset(&stream, frame::Code::Internal);
        }
    }
}

/// Reads what the client was sent, frame by frame, as a client does.
fn read_back(mut said: &[u8]) {
    let mut decoder = Decoder::new();
    while !said.is_empty() {
        let head = Head::parse(said).expect("a whole frame");
        let payload = &said[frame::HEAD..frame::HEAD + head.length];
        said = &said[frame::HEAD + head.length..];
        assert!(head.length <= frame::MAX_FRAME && head.kind <= kind::CONTINUATION);
        match head.kind {
            kind::HEADERS => {
                let mut status = 0;
                let take = |field: super::hpack::Field<'_>| {
                    status += usize::from(field.name == b":status")
                };
                decoder.decode(payload, &mut Vec::new(), take).expect("a field section");
                assert_eq!(status, 1);
            }
            kind::DATA => assert!(b"abc".starts_with(payload)),
            _ => {}
        }
    }
}
