use super::super::frame::{Head, PREFACE};
use super::super::hpack::Decoder;
use super::super::session::{Bounds, Event, Session, Space};
use super::*;

const BOUNDS: Bounds = Bounds { max_head: 4096, max_streams: 10, now: 0 };

/// A connection that has said hello with these settings.
fn session(settings: &[(u16, u32)]) -> Session {
    let mut session = Session::new(&BOUNDS);
    let mut hello = PREFACE.to_vec();
    frame::settings(&mut hello, settings);
    while !matches!(
        session.next(&hello, &mut 0, &mut Space::default(), &BOUNDS),
        Event::Hungry | Event::Room
    ) {}
    session.way.out.clear();
    session
}

fn stream(id: u32) -> Open {
    Open { id, slot: 0, credit: 0, window: 0, left: None, ended: true }
}

/// What was said, frame by frame: kind, whether it is the last one, and the fields or octets.
fn said(session: &mut Session, decoder: &mut Decoder) -> Vec<(u8, bool, String)> {
    let out = std::mem::take(&mut session.way.out);
    let mut rest = &out[..];
    let mut frames = Vec::new();
    while let Some(head) = Head::parse(rest) {
        let payload = &rest[frame::HEAD..frame::HEAD + head.length];
        rest = &rest[frame::HEAD + head.length..];
        let mut text = String::new();
        if head.kind == kind::HEADERS {
            let take = |field: super::super::hpack::Field<'_>| {
                let (name, value) = (field.name.escape_ascii(), field.value.escape_ascii());
                text += &format!("{name}={value};");
            };
            decoder.decode(payload, &mut Vec::new(), take).unwrap();
        } else {
            text = payload.escape_ascii().to_string();
        }
        frames.push((head.kind, head.has(flag::END_STREAM), text));
    }
    frames
}

fn write(answer: &mut Answer, text: &str, open: &mut Open, session: &mut Session) -> Written {
    answer.write(text.as_bytes(), open, &mut session.way, &mut Heads::default())
}

#[test]
fn a_body_is_as_long_as_the_windows_allow() {
    let mut session = session(&[(4, 3)]);
    let (mut answer, mut open) = (Answer::new(false), stream(1));
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    let text = format!("{head}abcde");
    assert_eq!(write(&mut answer, &text, &mut open, &mut session), Written::Taken(head.len() + 3));
    assert_eq!(write(&mut answer, "de", &mut open, &mut session), Written::Taken(0));
    open.credit += 10;
    assert_eq!(write(&mut answer, "de", &mut open, &mut session), Written::Taken(2));
    assert!(answer.is_done());
    let fields = ":status=200;content-length=5;".to_owned();
    assert_eq!(
        said(&mut session, &mut Decoder::new()),
        [(1, false, fields), (0, false, "abc".to_owned()), (0, true, "de".to_owned())]
    );
}

#[test]
fn chunks_become_data_at_any_cut_and_trailers_end_the_stream() {
    let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 7\r\n\r\n";
    for cut in 1..text.len() {
        let mut session = session(&[]);
        let (mut answer, mut open) = (Answer::new(false), stream(1));
        for piece in [&text[..cut], &text[cut..]] {
            let written = write(&mut answer, piece, &mut open, &mut session);
            assert_eq!(written, Written::Taken(piece.len()), "cut at {cut}");
        }
        assert!(answer.is_done());
        let frames = said(&mut session, &mut Decoder::new());
        let body: String = frames.iter().filter(|it| it.0 == 0).map(|it| it.2.as_str()).collect();
        assert_eq!(body, "abcde");
        assert_eq!(frames.last().unwrap(), &(1, true, "x-sum=7;".to_owned()));
        assert_eq!(frames.iter().filter(|it| it.1).count(), 1, "one end");
    }
}

#[test]
fn what_has_no_body_ends_with_its_head() {
    for (head_only, head) in [
        (true, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        (false, "HTTP/1.1 204 No Content\r\n\r\n"),
        (false, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
        (false, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    ] {
        let mut session = session(&[]);
        let (mut answer, mut open) = (Answer::new(head_only), stream(1));
        write(&mut answer, head, &mut open, &mut session);
        let frames = said(&mut session, &mut Decoder::new());
        assert!(answer.is_done() && frames.len() == 1 && frames[0].1, "{head}: {frames:?}");
    }
}

#[test]
fn an_interim_answer_goes_before_the_last_one() {
    let mut session = session(&[]);
    let (mut answer, mut open) = (Answer::new(false), stream(1));
    let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
    write(&mut answer, text, &mut open, &mut session);
    let frames = said(&mut session, &mut Decoder::new());
    let expected = [(1, false, ":status=100;".to_owned()), (1, true, ":status=204;".to_owned())];
    assert_eq!(frames, expected);
}

#[test]
fn what_is_no_answer_is_told_apart() {
    for text in ["garbage", "HTTP/1.1 abc\r\n\r\n", "HTTP/2 200\r\n\r\n"] {
        let mut session = session(&[]);
        let (mut answer, mut open) = (Answer::new(false), stream(1));
        assert_eq!(write(&mut answer, text, &mut open, &mut session), Written::Garbage, "{text}");
    }
}

#[test]
fn heads_go_into_the_table_until_the_client_takes_it_away() {
    let (mut session, mut decoder) = (session(&[]), Decoder::new());
    let mut heads = Heads::default();
    let text = "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nX-A: b\r\nContent-Length: 0\r\n\r\n";
    let fields =
        ":status=200;date=Thu, 01 Jan 1970 00:00:00 GMT;x-a=b;content-length=0;".to_owned();
    let mut lengths = Vec::new();
    for number in 0..5 {
        if number == 4 {
            let mut less = Vec::new();
            frame::settings(&mut less, &[(1, 0)]);
            let event = session.next(&less, &mut 0, &mut Space::default(), &BOUNDS);
            assert!(matches!(event, Event::Hungry));
            session.way.out.clear();
        }
        let mut open = stream(2 * number + 1);
        let mut answer = Answer::new(false);
        answer.write(text.as_bytes(), &mut open, &mut session.way, &mut heads);
        lengths.push(session.way.out.len());
        assert_eq!(said(&mut session, &mut decoder), [(1, true, fields.clone())]);
    }
    // Literally, into the table, from there twice, literally behind the update of its size.
    assert!(lengths[1] > 40 && lengths[2..4] == [9 + 4, 9 + 4], "{lengths:?}");
    assert_eq!(lengths[4], lengths[0] + 1);
    assert_eq!(decoder.memory(), Decoder::new().memory(), "the client has let go of all");
}

/// The client says something in the middle.
fn hears(session: &mut Session, octets: &[u8]) -> String {
    let event = session.next(octets, &mut 0, &mut Space::default(), &BOUNDS);
    let event = format!("{event:?}");
    session.way.out.clear();
    event
}

fn first_window(octets: u32) -> Vec<u8> {
    let mut settings = Vec::new();
    frame::settings(&mut settings, &[(4, octets)]);
    settings
}

#[test]
fn a_window_that_shrinks_while_data_waits_has_to_be_earned_again() {
    let mut session = session(&[(4, 10)]);
    let (mut answer, mut open) = (Answer::new(false), stream(1));
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n";
    let body = "0123456789abcdefghij";
    write(&mut answer, &format!("{head}{body}"), &mut open, &mut session);
    session.way.out.clear();
    // Ten were sent: of a window of three there are now seven less than none (section 6.9.2).
    assert_eq!(hears(&mut session, &first_window(3)), "Hungry");
    let rest = &body[10..];
    assert_eq!(write(&mut answer, rest, &mut open, &mut session), Written::Taken(0));
    open.credit += 7;
    assert_eq!(write(&mut answer, rest, &mut open, &mut session), Written::Taken(0));
    open.credit += 1;
    assert_eq!(write(&mut answer, rest, &mut open, &mut session), Written::Taken(1));
    assert_eq!(hears(&mut session, &first_window(100)), "Room");
    assert_eq!(write(&mut answer, &rest[1..], &mut open, &mut session), Written::Taken(9));
    assert!(answer.is_done());
}

#[test]
fn streams_share_the_window_of_the_connection_and_heads_do_not_wait_for_it() {
    let mut session = session(&[(4, 1 << 20)]);
    session.way.window = 5;
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
    let text = format!("{head}abcd");
    let mut streams = [1, 3].map(|id| (Answer::new(false), stream(id)));
    let mut taken = Vec::new();
    for (answer, open) in &mut streams {
        let Written::Taken(count) = write(answer, &text, open, &mut session) else { panic!() };
        taken.push(count - head.len());
    }
    assert_eq!((taken, session.way.window), (vec![4, 1], 0));
    let frames = said(&mut session, &mut Decoder::new());
    assert_eq!(frames.iter().filter(|it| it.0 == kind::HEADERS).count(), 2);
}

#[test]
fn one_turn_of_a_stream_is_bounded_and_so_is_what_waits_on_the_connection() {
    let mut session = session(&[(4, 1 << 30)]);
    session.way.window = 1 << 30;
    let (mut answer, mut open) = (Answer::new(false), stream(1));
    write(
        &mut answer,
        "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
        &mut open,
        &mut session,
    );
    let body = "x".repeat(1_000_000);
    assert_eq!(write(&mut answer, &body, &mut open, &mut session), Written::Taken(TURN));
    assert!(answer.is_spent());
    assert_eq!(write(&mut answer, &body, &mut open, &mut session), Written::Taken(0));
    answer.begin_turn();
    session.way.out.clear();
    session.way.out.resize(BOUND, 0);
    assert_eq!(write(&mut answer, &body, &mut open, &mut session), Written::Taken(0));
    assert!(!answer.is_spent(), "it waits for the others, not for its turn");
}

#[test]
fn frames_are_no_longer_than_the_least_that_a_client_takes() {
    let mut session = session(&[(5, 1 << 20)]);
    let (mut answer, mut open) = (Answer::new(false), stream(1));
    let text = format!("HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n{}", "x".repeat(40_000));
    write(&mut answer, &text, &mut open, &mut session);
    let lengths: Vec<usize> =
        said(&mut session, &mut Decoder::new())[1..].iter().map(|frame| frame.2.len()).collect();
    assert_eq!(lengths, [MAX_FRAME, MAX_FRAME, 40_000 - 2 * MAX_FRAME]);
}
