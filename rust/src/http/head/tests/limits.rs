//! Rows 22 and 23: how large a head may be.

use super::*;

#[test]
fn row_22_a_target_over_the_limit_is_refused_as_too_long() {
    let head = |len: usize| with_line(format!("GET /{} HTTP/1.1", "t".repeat(len - 1)));
    assert_eq!(taken(head(8000)).target.len(), 8000);
    assert_eq!(taken(head(LIMITS.max_target)).target.len(), LIMITS.max_target);
    let reason = refusal(head(LIMITS.max_target + 1));
    assert_eq!((reason, reason.status()), (Refusal::TargetTooLong, 414));
}

#[test]
fn row_22_a_target_over_the_limit_is_refused_before_it_ends() {
    let line = format!("GET /{}", "t".repeat(LIMITS.max_target));
    assert_eq!(refusal(&line), Refusal::TargetTooLong);
    assert_eq!(parse_with(&line.as_bytes()[..line.len() - 1], &LIMITS), Outcome::Partial);
    // Even where the whole head may not be longer than its target.
    let narrow = Limits { max_head: 64, max_target: 1000, ..LIMITS };
    assert_eq!(parse_with(line.as_bytes(), &narrow), Outcome::Refused(Refusal::TargetTooLong));
}

#[test]
fn row_23_a_head_over_the_limit_is_refused() {
    let head = |len: usize| {
        let rest = get("A: \r\n").len();
        get(format!("A: {}\r\n", "v".repeat(len - rest)))
    };
    let max = LIMITS.max_head;
    assert_eq!(taken(head(max)).len, max);
    assert_eq!(taken([&head(max)[..], b"GET / HTTP/1.1\r\n"].concat()).len, max);
    let reason = refusal(head(max + 1));
    assert_eq!((reason, reason.status()), (Refusal::HeadTooLarge, 431));
}

#[test]
fn row_23_a_head_that_fills_the_limit_is_not_waited_for() {
    let head = get(format!("A: {}\r\n", "v".repeat(LIMITS.max_head)));
    let max = LIMITS.max_head;
    assert_eq!(parse_with(&head[..max - 1], &LIMITS), Outcome::Partial);
    assert_eq!(parse_with(&head[..max], &LIMITS), Outcome::Refused(Refusal::HeadTooLarge));
    assert_eq!(parse_with(&head[..max + 1], &LIMITS), Outcome::Refused(Refusal::HeadTooLarge));
}

#[test]
fn row_23_empty_lines_before_a_head_count() {
    let head = [b"\r\n\r\n", &get("")[..]].concat();
    let limits = |max_head| Limits { max_head, ..LIMITS };
    assert!(matches!(parse_with(&head, &limits(head.len())), Outcome::Complete(_)));
    let short = parse_with(&head, &limits(head.len() - 1));
    assert_eq!(short, Outcome::Refused(Refusal::HeadTooLarge));
}

#[test]
fn row_23_more_fields_than_the_limit_are_refused() {
    // Host is one of them.
    let head = |fields: usize| get("A: b\r\n".repeat(fields - 1));
    assert_eq!(taken(head(100)).fields.len(), 100);
    assert_eq!(refusal(head(101)), Refusal::HeadTooLarge);
    let partial = &head(101)[..head(101).len() - 2];
    assert_eq!(refusal(partial), Refusal::HeadTooLarge);
    let full = &head(100)[..head(100).len() - 2];
    assert_eq!(parse_with(full, &LIMITS), Outcome::Partial);
    assert_eq!(refusal([full, b"A"].concat()), Refusal::HeadTooLarge);
}

#[test]
fn row_23_a_field_too_many_is_told_before_what_is_wrong_with_it() {
    for wrong in ["A: b\rc\r\n", "A b\r\n", "A: \0\r\n"] {
        let head = get("A: b\r\n".repeat(99) + wrong);
        assert_eq!(refusal(&head), Refusal::HeadTooLarge, "{wrong:?}");
        assert_eq!(refusal(&head[..head.len() - 2]), Refusal::HeadTooLarge, "{wrong:?}");
        let fewer = get("A: b\r\n".repeat(98) + wrong);
        assert_ne!(refusal(fewer), Refusal::HeadTooLarge, "{wrong:?}");
    }
}

#[test]
fn row_23_no_limit_goes_beyond_the_slots() {
    let limits = Limits { max_fields: usize::MAX, ..LIMITS };
    let head = |fields: usize| get("A: b\r\n".repeat(fields - 1));
    assert!(matches!(parse_with(&head(FIELDS_MAX), &limits), Outcome::Complete(_)));
    let over = parse_with(&head(FIELDS_MAX + 1), &limits);
    assert_eq!(over, Outcome::Refused(Refusal::HeadTooLarge));
}

#[test]
fn bytes_that_never_become_a_head_are_refused_at_the_limit() {
    for bytes in ["a", "a\r\n", "GET / HTTP/1.1\r\nA: b\r\n", "\r\n"] {
        let flood = bytes.repeat(LIMITS.max_head + 1);
        for len in [LIMITS.max_head, LIMITS.max_head + 1, flood.len()] {
            let outcome = parse_with(&flood.as_bytes()[..len], &LIMITS);
            assert!(matches!(outcome, Outcome::Refused(_)), "{bytes:?}: {outcome:?}");
        }
    }
}
