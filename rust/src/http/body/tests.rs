//! What bodies are taken and refused.

use super::*;
use proptest::prelude::*;

const MAX_BODY: u64 = 1 << 20;

/// The body in `pieces`, what was left of them, and whether it is complete.
fn decode_pieces<'p>(
    framing: Framing,
    max_body: u64,
    pieces: impl IntoIterator<Item = &'p [u8]>,
) -> Result<(Vec<u8>, usize, bool), Refusal> {
    let mut decoder = BodyDecoder::new(framing, max_body)?;
    let (mut body, mut left, mut done) = (Vec::new(), 0, false);
    for piece in pieces {
        let progress = decoder.decode(piece, &mut |data| {
            assert!(!data.is_empty());
            body.extend_from_slice(data);
            Ok(())
        })?;
        assert!(progress.done || progress.consumed == piece.len());
        left += piece.len() - progress.consumed;
        done = progress.done;
    }
    Ok((body, left, done))
}

fn whole(input: impl AsRef<[u8]>) -> Result<(Vec<u8>, usize, bool), Refusal> {
    decode_pieces(Framing::Chunked, MAX_BODY, [input.as_ref()])
}

/// The body of `input`, which has to be complete.
#[track_caller]
fn body(input: impl AsRef<[u8]>) -> Vec<u8> {
    match whole(input.as_ref()) {
        Ok((body, 0, true)) => body,
        other => panic!("{}: {other:?}", input.as_ref().escape_ascii()),
    }
}

/// The refusal of `input`, which has to be the same wherever it is cut.
#[track_caller]
fn refusal(input: impl AsRef<[u8]>) -> Refusal {
    let bytewise = decode_pieces(Framing::Chunked, MAX_BODY, input.as_ref().chunks(1));
    assert_eq!(whole(input.as_ref()), bytewise, "{}", input.as_ref().escape_ascii());
    bytewise.expect_err(&input.as_ref().escape_ascii().to_string())
}

#[test]
fn no_body_is_complete_at_once_and_uses_nothing() {
    let done = Ok((vec![], 3, true));
    assert_eq!(decode_pieces(Framing::None, 0, [&b"GET"[..]]), done);
    assert_eq!(decode_pieces(Framing::None, 0, [&b""[..]]), Ok((vec![], 0, true)));
}

#[test]
fn a_body_by_length_ends_where_its_length_says() {
    let five =
        |pieces: &[&'static [u8]]| decode_pieces(Framing::Length(5), 5, pieces.iter().copied());
    assert_eq!(five(&[b"helloGET"]), Ok((b"hello".to_vec(), 3, true)));
    assert_eq!(five(&[b"he", b"", b"llo", b"GET"]), Ok((b"hello".to_vec(), 3, true)));
    assert_eq!(five(&[b"hell"]), Ok((b"hell".to_vec(), 0, false)));
}

#[test]
fn row_16_a_valid_length_over_the_limit_is_too_large() {
    let new = |length| BodyDecoder::new(Framing::Length(length), 5).map(|_| ());
    assert_eq!(new(5), Ok(()));
    assert_eq!(new(6), Err(Refusal::BodyTooLarge));
    assert_eq!(new(u64::MAX), Err(Refusal::BodyTooLarge));
}

#[test]
fn chunks_are_joined_and_what_follows_is_left() {
    assert_eq!(body("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), b"hello world");
    assert_eq!(body("000\r\n\r\n"), b"");
    assert_eq!(body("0005\r\nhello\r\n0\r\n\r\n"), b"hello");
    assert_eq!(body("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n").len(), 20);
    assert_eq!(whole("1\r\nx\r\n0\r\n\r\nGET /"), Ok((b"x".to_vec(), 5, true)));
}

#[test]
fn row_17_a_chunk_size_of_other_than_hex_digits_is_refused() {
    for size in
        ["0x5", "+5", "-1", "1_0", " 5", "\t5", "", "g", "5 ", "5 6", "5h", "\u{e9}", "5\u{0}"]
    {
        let input = format!("{size}\r\nhello\r\n0\r\n\r\n");
        assert_eq!(refusal(input), Refusal::Chunk, "{size:?}");
    }
}

#[test]
fn row_17_a_chunk_size_of_more_than_16_digits_is_refused() {
    assert_eq!(body("0000000000000001\r\nx\r\n0\r\n\r\n"), b"x");
    assert_eq!(refusal("00000000000000001\r\nx\r\n0\r\n\r\n"), Refusal::Chunk);
    assert_eq!(refusal("10000000000000000\r\n"), Refusal::Chunk);
    assert_eq!(refusal("ffffffffffffffff\r\n"), Refusal::BodyTooLarge);
    let unlimited = decode_pieces(Framing::Chunked, u64::MAX, [&b"ffffffffffffffff\r\nx"[..]]);
    assert_eq!(unlimited, Ok((b"x".to_vec(), 0, false)));
}

#[test]
fn row_18_chunk_data_that_crlf_does_not_follow_is_refused() {
    for after in ["x\r\n", "\n", "\r", "\rx", "", " \r\n", "\n\r\n"] {
        let input = format!("5\r\nhello{after}0\r\n\r\n");
        assert_eq!(refusal(input), Refusal::Chunk, "{after:?}");
    }
}

#[test]
fn a_bare_lf_or_cr_never_ends_a_line_of_the_coding() {
    for input in [
        "5\nhello\r\n0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
        "5;a\nhello\r\n0\r\n\r\n",
        "5;a\rb\r\nhello\r\n0\r\n\r\n",
        "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n",
        "0\n\r\n",
        "0\r\n\n",
        "0\r\n\rx",
        "0\r\nA: b\n\r\n",
        "0\r\nA: b\rc\r\n\r\n",
    ] {
        assert_eq!(refusal(input), Refusal::Chunk, "{input:?}");
    }
}

#[test]
fn row_19_well_formed_chunk_extensions_are_dropped() {
    for extension in [
        ";a",
        ";a=b",
        ";a;b=c",
        " ; a = b ; c",
        "\t;\ta",
        ";a=\"b c;\\\"d\\\\\u{e9}\"",
        ";a=\"\";b",
        "; some; p=s",
    ] {
        let input = format!("5{extension}\r\nhello\r\n0{extension}\r\n\r\n");
        assert_eq!(body(input), b"hello", "{extension:?}");
    }
}

#[test]
fn row_19_malformed_chunk_extensions_are_refused() {
    for extension in [
        ";",
        ";;a",
        ";=b",
        ";a=",
        ";a==b",
        ";a b",
        ";a=b c",
        ";a=\"b",
        ";a=\"b\"c",
        ";a=b\"c\"",
        ";a ",
        ";a=b ",
        ";a=\"b\u{0}\"",
        ";a=\"\\\u{0}\"",
        ";a\u{0}",
        ";a,b",
        ";a=\u{e9}",
        "z",
        " z",
        ";a=\"b\" ",
        ";a=\"\u{7f}\"",
    ] {
        let input = format!("5{extension}\r\nhello\r\n0\r\n\r\n");
        assert_eq!(refusal(input), Refusal::Chunk, "{extension:?}");
    }
}

#[test]
fn row_19_chunk_extensions_are_limited_over_the_whole_body() {
    let one = |len: usize| format!("1;{}\r\nx\r\n0\r\n\r\n", "e".repeat(len - 1));
    assert_eq!(body(one(4096)), b"x");
    assert_eq!(refusal(one(4097)), Refusal::Chunk);
    let many = |chunks: usize| format!("{}0\r\n\r\n", "1;ext=val\r\nx\r\n".repeat(chunks));
    assert_eq!(body(many(512)).len(), 512);
    assert_eq!(refusal(many(513)), Refusal::Chunk);
    let escaped = |pairs: usize| format!("1;a=\"{}\"\r\nx\r\n0\r\n\r\n", "\\e".repeat(pairs));
    assert_eq!(body(escaped(2045)), b"x");
    assert_eq!(refusal(escaped(2046)), Refusal::Chunk);
}

#[test]
fn row_20_trailers_are_checked_and_dropped() {
    let trailers = "Content-Length: 99\r\nHost: evil\r\nTransfer-Encoding: chunked\r\nAuthorization: x\r\nE:\r\n";
    assert_eq!(body(format!("1\r\nx\r\n0\r\n{trailers}\r\n")), b"x");
    for bad in
        ["A b: c", ": b", "A", " A: b", "A : b", "A: b\r\n c", "A: \u{0}", "\u{e9}: b", "A: \u{7f}"]
    {
        let input = format!("1\r\nx\r\n0\r\n{bad}\r\n\r\n");
        assert_eq!(refusal(input), Refusal::Chunk, "{bad:?}");
    }
}

#[test]
fn row_20_trailers_are_limited_in_size_and_number() {
    let large = |len: usize| format!("0\r\nA:{}\r\n\r\n", "v".repeat(len));
    assert_eq!(body(large(8000)), b"");
    assert_eq!(refusal(large(8192)), Refusal::Chunk);
    let many = |lines: usize| format!("0\r\n{}\r\n", "A: b\r\n".repeat(lines));
    assert_eq!(body(many(100)), b"");
    assert_eq!(refusal(many(101)), Refusal::Chunk);
    // Extensions before do not count.
    assert_eq!(body(format!("0;{}\r\nA: {}\r\n\r\n", "e".repeat(4000), "v".repeat(8000))), b"");
}

#[test]
fn a_chunked_body_over_the_limit_is_refused_when_its_size_is_read() {
    let limited = |input: &'static [u8]| decode_pieces(Framing::Chunked, 10, [input]);
    assert_eq!(limited(b"a\r\n"), Ok((vec![], 0, false)));
    assert_eq!(limited(b"b\r"), Err(Refusal::BodyTooLarge));
    assert_eq!(limited(b"b;"), Err(Refusal::BodyTooLarge));
    assert_eq!(limited(b"9\r\n123456789\r\n1\r\n0\r\n0\r\n\r\n").map(|r| r.0.len()), Ok(10));
    assert_eq!(limited(b"9\r\n123456789\r\n2\r"), Err(Refusal::BodyTooLarge));
}

#[test]
fn row_25_a_chunked_body_is_not_complete_before_its_last_crlf() {
    let input = b"5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n";
    for cut in 0..input.len() {
        let outcome = whole(&input[..cut]).map(|(_, left, done)| (left, done));
        assert_eq!(outcome, Ok((0, false)), "{}", input[..cut].escape_ascii());
    }
    assert_eq!(body(input), b"hello");
}

#[test]
fn a_refusal_of_the_sink_ends_the_decoding() {
    let mut decoder = BodyDecoder::new(Framing::Chunked, MAX_BODY).unwrap();
    let outcome = decoder.decode(b"1\r\nx\r\n", &mut |_| Err(Refusal::Memory));
    assert_eq!(outcome, Err(Refusal::Memory));
}

fn encode(chunks: &[Vec<u8>], extension: &str, trailers: &str) -> Vec<u8> {
    let mut coded = Vec::new();
    for chunk in chunks {
        coded.extend(format!("{:x}{extension}\r\n", chunk.len()).bytes());
        coded.extend(chunk);
        coded.extend(b"\r\n");
    }
    coded.extend(format!("0{extension}\r\n{trailers}\r\n").bytes());
    coded
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_encoded_is_decoded_wherever_it_is_cut(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 0..8),
        extension in "|;a=b|;a=\"b\\\\\"c\"",
        trailers in "|A: b\r\n|A: b\r\nC:\r\n",
        step in 1usize..40,
    ) {
        let coded = [encode(&chunks, &extension, &trailers), b"GET / ".to_vec()].concat();
        let expected = Ok((chunks.concat(), 6, true));
        prop_assert_eq!(whole(&coded), expected.clone());
        prop_assert_eq!(decode_pieces(Framing::Chunked, MAX_BODY, coded.chunks(step)), expected);
    }

    #[test]
    fn any_bytes_decode_alike_wherever_they_are_cut(
        input in "[0-9a-f;=\" \r\nA:x]{0,60}",
        step in 1usize..5,
    ) {
        let pieces = decode_pieces(Framing::Chunked, MAX_BODY, input.as_bytes().chunks(step));
        prop_assert_eq!(whole(&input), pieces);
    }
}
