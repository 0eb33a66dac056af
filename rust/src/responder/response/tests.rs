use super::*;

fn date() -> DateLine {
    DateLine::new(784_111_777)
}

fn sent(response: &Response, persistence: Persistence, head_only: bool, extra: &[u8]) -> String {
    let date = date();
    let wire = Wire { date: &date, head_only, persistence, server: b"", extra };
    let mut out = b"before".to_vec();
    response.write(&mut out, &wire);
    let text = String::from_utf8(out).unwrap();
    text.strip_prefix("before").expect("what was queued stays").to_owned()
}

fn hello() -> Response {
    Response::builder(200).header("Content-Type", "text/plain").body("hello").build().unwrap()
}

fn error_of(builder: ResponseBuilder) -> String {
    let error = builder.build().unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    error.message().to_owned()
}

#[test]
fn the_usual_answer_is_the_prepared_block_with_the_date_in_it() {
    assert_eq!(
        sent(&hello(), Persistence::Implied, false, b""),
        "HTTP/1.1 200 OK\r\n\
         Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
         Content-Type: text/plain\r\n\
         Content-Length: 5\r\n\r\nhello"
    );
}

#[test]
fn writing_to_a_buffer_with_room_does_not_move_it() {
    let date = date();
    let wire = Wire {
        date: &date,
        head_only: false,
        persistence: Persistence::Implied,
        server: b"",
        extra: b"",
    };
    let mut out = Vec::with_capacity(4096);
    let before = out.as_ptr();
    for _ in 0..10 {
        hello().write(&mut out, &wire);
    }
    assert_eq!(out.as_ptr(), before);
    assert_eq!(out.windows(5).filter(|w| w == b"hello").count(), 10);
    assert_eq!(out.windows(37).filter(|w| w == date.as_bytes()).count(), 10);
}

#[test]
fn the_head_of_a_response_is_that_of_get_without_the_body() {
    let whole = sent(&hello(), Persistence::Implied, false, b"");
    let head = sent(&hello(), Persistence::Implied, true, b"");
    assert_eq!(format!("{head}hello"), whole);
}

#[test]
fn the_connection_field_says_what_the_caller_wants() {
    let close = sent(&hello(), Persistence::Close, false, b"");
    assert!(close.ends_with("Content-Length: 5\r\nConnection: close\r\n\r\nhello"), "{close}");
    let keep = sent(&hello(), Persistence::KeepAlive, false, b"");
    assert!(keep.ends_with("Content-Length: 5\r\nConnection: keep-alive\r\n\r\nhello"), "{keep}");
}

#[test]
fn a_response_that_closes_says_so_once() {
    let builder =
        Response::builder(200).header("connection", "Close").header("Connection", "close");
    let response = builder.build().unwrap();
    assert!(response.closes());
    assert!(!hello().closes());
    for persistence in [Persistence::Implied, Persistence::KeepAlive, Persistence::Close] {
        let text = sent(&response, persistence, false, b"").to_ascii_lowercase();
        assert_eq!(text.matches("connection: close\r\n").count(), 1, "{text}");
        assert!(!text.contains("keep-alive"));
    }
}

#[test]
fn extra_lines_stand_at_the_end_of_the_head() {
    let text = sent(&hello(), Persistence::Close, true, b"Allow: GET\r\n");
    assert!(text.ends_with("Connection: close\r\nAllow: GET\r\n\r\n"), "{text}");
    assert!(text.contains("\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), "{text}");
}

#[test]
fn the_server_line_is_added_unless_the_response_has_one() {
    let date = date();
    let wire = Wire {
        date: &date,
        head_only: false,
        persistence: Persistence::Implied,
        server: b"Server: ours\r\n",
        extra: b"",
    };
    let own = Response::builder(200).header("SERVER", "own").build().unwrap();
    for (response, expected) in [
        (hello(), "Server: ours\r\n"),
        (hello().with_server(wire.server), "Server: ours\r\n"),
        (own.clone(), "SERVER: own\r\n"),
        (own.with_server(wire.server), "SERVER: own\r\n"),
    ] {
        let mut out = Vec::new();
        response.write(&mut out, &wire);
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(expected), "{text}");
        assert_eq!(text.to_ascii_lowercase().matches("server:").count(), 1, "{text}");
    }
}

#[test]
fn naming_the_server_changes_nothing_else() {
    let closing =
        Response::builder(404).header("Connection", "close").body("gone").build().unwrap();
    let named = closing.with_server(b"Server: ours\r\n");
    assert_eq!((named.status(), named.body(), named.closes()), (404, &b"gone"[..], true));
    let text = sent(&named, Persistence::Implied, false, b"");
    let plain = sent(&closing, Persistence::Implied, false, b"");
    assert_eq!(text.replace("Server: ours\r\n", ""), plain);
}

#[test]
fn content_length_is_computed_except_where_a_response_has_no_body() {
    let with = |status: u16| {
        let response = Response::builder(status).build().unwrap();
        sent(&response, Persistence::Implied, false, b"").contains("Content-Length: 0\r\n")
    };
    assert!(with(200) && with(205) && with(404) && with(599));
    assert!(!with(204) && !with(304));
}

#[test]
fn a_body_where_none_may_be_is_an_error() {
    for status in [204, 205, 304] {
        assert_eq!(
            error_of(Response::builder(status).body("x")),
            format!("status {status}: expected no body, got 1 octets")
        );
    }
}

#[test]
fn a_status_outside_200_to_599_is_an_error() {
    for status in [0, 100, 199, 600, u16::MAX] {
        assert_eq!(
            error_of(Response::builder(status)),
            format!("status {status}: expected 200 to 599")
        );
    }
    assert!(Response::builder(200).build().is_ok() && Response::builder(599).build().is_ok());
}

#[test]
fn a_status_without_a_known_phrase_keeps_the_space_before_it() {
    let response = Response::builder(299).build().unwrap();
    assert!(sent(&response, Persistence::Implied, false, b"").starts_with("HTTP/1.1 299 \r\nDate"));
}

#[test]
fn fields_that_the_server_sets_are_refused() {
    for name in ["Content-Length", "transfer-encoding", "DATE"] {
        assert_eq!(
            error_of(Response::builder(200).header(name, "1")),
            format!("header \"{name}\": the server sets this field itself")
        );
    }
    assert_eq!(
        error_of(Response::builder(200).header("Connection", "upgrade")),
        "header \"Connection\": expected \"close\" (the server sets the rest itself), \
         got \"upgrade\""
    );
}

#[test]
fn a_field_that_would_break_the_head_is_refused() {
    for name in ["", "a b", "a:", "a\r\nb", "\u{e9}"] {
        let message = error_of(Response::builder(200).header(name, "x"));
        assert_eq!(message, format!("header {name:?}: expected a token as the name"));
    }
    for value in ["a\rb", "a\nb", "a\r\nSet-Cookie: x", "a\0b", "a\x7fb"] {
        let message = error_of(Response::builder(200).header("X", value));
        assert!(message.starts_with("header \"X\": expected a value without control"), "{message}");
    }
}

#[test]
fn the_first_error_of_several_is_told() {
    let builder = Response::builder(99).header("a b", "").header("Date", "");
    assert_eq!(error_of(builder), "status 99: expected 200 to 599");
}

#[test]
fn values_are_trimmed_and_may_hold_tabs_and_octets_beyond_ascii() {
    let builder =
        Response::builder(200).header("X", b" a\tb\xe9 ").header("X", "").header("x", "2");
    let response = builder.build().unwrap();
    assert!(response.field_lines().starts_with(b"X: a\tb\xe9\r\nX: \r\nx: 2\r\n"));
}

#[test]
fn a_clone_shares_the_prepared_bytes() {
    let response = hello();
    assert_eq!(response.clone().body().as_ptr(), response.body().as_ptr());
}
