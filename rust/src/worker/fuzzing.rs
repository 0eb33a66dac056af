//! A connection through its turns, whatever happens to it: see [`crate::fuzzing`].
//!
//! The input is a schedule and a stream of octets. The schedule says how many of them arrive, when
//! the socket takes how much, when late answers come, what expires and what breaks. Where nothing
//! broke, the requests that were handled are those of a naive reading of the stream, in its order,
//! and so are the answers; where something did, they are the first of them.

mod scene;
mod site;

use crate::fuzzing::{Answer, Asked, Choices, Verdict, answers, read};
use crate::http::Limits;
use scene::Scene;

/// Octets of the schedule.
const SCHEDULE: usize = 24;

/// Rounds after the schedule in which everything that can move has to.
const ROUNDS: usize = 100_000;

/// What a naive reading expects of a stream.
#[derive(Debug)]
struct Expected {
    asked: Vec<Asked>,
    /// Where the reading stopped, and how.
    at: usize,
    end: End,
}

#[derive(Debug, PartialEq)]
enum End {
    /// More may come.
    Open,
    /// The last request was the last one.
    Last,
    Refused(Option<u16>),
    Unsure,
}

pub(crate) fn connection(data: &[u8]) {
    let (schedule, stream) = data.split_at(data.len().min(SCHEDULE));
    let mut choices = Choices(schedule);
    let flags = choices.octet();
    let mut scene = Scene::new(flags, stream);
    let expected = expect(stream, &scene.limits(), scene.max_body());
    while !choices.is_empty() && !scene.is_over() {
        step(&mut scene, choices.octet(), flags & 2 != 0);
    }
    let was_broken = scene.broke;
    calm(&mut scene);
    check(&scene, &expected, was_broken);
    scene.end();
}

/// One thing happens. With `may_break` it may be one that ends a connection early.
fn step(scene: &mut Scene<'_>, choice: u8, may_break: bool) {
    let amount = [1, 2, 3, 7, 16, 61, 300, 5000][usize::from(choice >> 3 & 7)];
    match choice & 7 {
        0..=2 => scene.arrive(amount),
        3 => scene.make_room(amount),
        4 => scene.answer(),
        5 => scene.pass_time(),
        6 if may_break => scene.break_something(choice >> 3),
        6 => scene.make_room(1),
        _ => scene.wake_without_reason(),
    }
}

/// All that is left arrives, the socket takes everything, every answer comes.
fn calm(scene: &mut Scene<'_>) {
    for _ in 0..ROUNDS {
        if scene.is_over() {
            return;
        }
        let before = scene.progress();
        scene.make_room(usize::MAX / 4);
        scene.answer();
        scene.pass_time();
        scene.arrive(997);
        if before == scene.progress() {
            return;
        }
    }
    panic!("it never comes to rest");
}

fn expect(stream: &[u8], limits: &Limits, max_body: u64) -> Expected {
    let mut expected = Expected { asked: Vec::new(), at: 0, end: End::Open };
    loop {
        // Behind a request that was answered, any number of empty lines means nothing.
        while !expected.asked.is_empty() && stream[expected.at..].starts_with(b"\r\n") {
            expected.at += 2;
        }
        let rest = &stream[expected.at..];
        match read(rest, limits, max_body) {
            Verdict::Whole(asked, used) => {
                expected.at += used;
                let is_last = is_last(&asked);
                expected.asked.push(*asked);
                if is_last {
                    expected.end = End::Last;
                    return expected;
                }
            }
            Verdict::Unfinished => return expected,
            Verdict::Refused(status) => {
                expected.end = End::Refused(status);
                return expected;
            }
            Verdict::Unsure => {
                expected.end = End::Unsure;
                return expected;
            }
        }
    }
}

/// Whether the connection ends behind the answer.
fn is_last(asked: &Asked) -> bool {
    // An old client sees the end of a stream without a length by that of the connection.
    let endless = asked.is_old && site::is_handled(asked) && site::streams(&asked.path);
    !asked.stays || asked.method == "CONNECT" || endless
}

fn check(scene: &Scene<'_>, expected: &Expected, was_broken: bool) {
    let handled: Vec<Asked> = scene.handled();
    let wanted: Vec<&Asked> = expected.asked.iter().filter(|it| site::is_handled(it)).collect();
    for (place, asked) in handled.iter().enumerate() {
        let Some(wanted) = wanted.get(place) else {
            assert_eq!(expected.end, End::Unsure, "nobody asked for {asked:?}");
            return;
        };
        assert_same(asked, wanted);
    }
    let is_head = |place: usize| match expected.asked.get(place) {
        Some(asked) => asked.method == "HEAD",
        None => {
            let rest = &scene.stream[expected.at.min(scene.stream.len())..];
            // What is refused before its method is there has a body.
            begins_as_head(rest) && scene.sent.ends_with(b"\r\n\r\n")
        }
    };
    let seen = answers(&scene.sent, is_head);
    check_answers(&seen, expected);
    if was_broken || expected.end == End::Unsure {
        return;
    }
    let refused_early = scene.has_ended() && expected.end == End::Open;
    let all = expected.asked.len()
        + usize::from(refused_early || matches!(expected.end, End::Refused(_)));
    assert_eq!(handled.len(), wanted.len(), "requests handled");
    assert_eq!(seen.len(), all, "answers: {seen:?}, {expected:?}");
    assert!(seen.iter().all(|answer| answer.is_whole), "a whole answer each");
    assert_eq!(scene.has_ended(), refused_early || expected.end != End::Open);
    if refused_early {
        let rest = &scene.stream[expected.at..];
        assert!(cannot_be_mended(rest, scene), "told too early: {}", rest.escape_ascii());
    }
}

fn assert_same(asked: &Asked, wanted: &Asked) {
    let of = |it: &Asked| (it.method.clone(), it.target.clone(), it.host.clone());
    assert_eq!(of(asked), of(wanted));
    assert_eq!(asked.body.escape_ascii().to_string(), wanted.body.escape_ascii().to_string());
}

/// Every answer belongs to its request.
fn check_answers(seen: &[Answer], expected: &Expected) {
    let mut number = 0;
    for (answer, asked) in seen.iter().zip(&expected.asked) {
        if site::is_handled(asked) {
            let start = format!("#{number} ");
            let shown = answer.body.len().min(start.len());
            let right = start.as_bytes().starts_with(&answer.body[..shown]);
            assert!(
                right || answer.status >= 400,
                "{} instead of {start}",
                answer.body.escape_ascii()
            );
            number += 1;
        }
    }
    if let (Some(answer), End::Refused(Some(status))) =
        (seen.get(expected.asked.len()), &expected.end)
    {
        assert!(
            answer.status == *status || [0, 408].contains(&answer.status),
            "{answer:?} {status}"
        );
    }
}

fn cannot_be_mended(rest: &[u8], scene: &Scene<'_>) -> bool {
    let (limits, max_body) = (scene.limits(), scene.max_body());
    if let Verdict::Whole(asked, used) = crate::fuzzing::head(rest, &limits) {
        // Of its body, the beginning is there.
        let tails: [&[u8]; 6] =
            [b"\r\n0\r\n\r\n", b"\n0\r\n\r\n", b"0\r\n\r\n", b"\r\n\r\n", b"\n", b"\"\r\n\r\n"];
        return asked.is_chunked
            && tails.iter().all(|tail| {
                let body = [&rest[used..], tail].concat();
                !matches!(crate::fuzzing::chunked(&body, max_body), Verdict::Whole(..))
            });
    }
    crate::fuzzing::is_beyond_repair(rest, &limits)
}

fn begins_as_head(rest: &[u8]) -> bool {
    let start = rest.iter().position(|octet| !b"\r\n".contains(octet)).unwrap_or(rest.len());
    rest[start..].starts_with(b"HEAD ")
}
