//! Texts of clients, so that whatever they are they stay in their place on their line: lines are
//! printable ASCII, and neither a line end, a quote nor a terminal's escape comes through.

/// Appends `text` as it stands in a JSON string (RFC 8259 section 7). What is no UTF-8 is taken
/// for ISO 8859-1, octet by octet.
pub(super) fn json(into: &mut Vec<u8>, text: &[u8]) {
    if is_plain(text) {
        return into.extend_from_slice(text);
    }
    for piece in text.utf8_chunks() {
        piece.valid().chars().for_each(|character| json_char(into, character));
        piece.invalid().iter().for_each(|octet| json_char(into, char::from(*octet)));
    }
}

#[cold]
fn json_char(into: &mut Vec<u8>, character: char) {
    match character {
        '"' | '\\' => into.extend_from_slice(&[b'\\', character as u8]),
        ' '..='~' => into.push(character as u8),
        _ => {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let [high, low] = unit.to_be_bytes();
                into.extend_from_slice(b"\\u");
                hex(into, high);
                hex(into, low);
            }
        }
    }
}

/// Appends `text` as Apache writes it between quotes: `\"`, `\\`, and `\xhh` for every octet that
/// is not printable ASCII.
pub(super) fn quoted(into: &mut Vec<u8>, text: &[u8]) {
    if is_plain(text) {
        return into.extend_from_slice(text);
    }
    for &octet in text {
        match octet {
            b'"' | b'\\' => into.extend_from_slice(&[b'\\', octet]),
            b' '..=b'~' => into.push(octet),
            _ => {
                into.extend_from_slice(b"\\x");
                hex(into, octet);
            }
        }
    }
}

/// Whether nothing needs to be escaped: eight octets at a time, in one register.
fn is_plain(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let mut last = [b' '; 8];
    last[..rest.len()].copy_from_slice(rest);
    words.iter().fold(special(last), |found, word| found | special(*word)) == 0
}

/// Not 0 where one of eight octets is a control character, no ASCII, a quote or a backslash. Octets
/// above the first that is found may be taken for one too, as borrows and carries reach them.
fn special(octets: [u8; 8]) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    const TOPS: u64 = ONES << 7;
    let word = u64::from_le_bytes(octets);
    let below = |word: u64, least: u8| word.wrapping_sub(ONES * u64::from(least)) & !word;
    let is = |octet: u8| below(word ^ (ONES * u64::from(octet)), 1);
    let delete_or_beyond = word | word.wrapping_add(ONES);
    (below(word, b' ') | is(b'"') | is(b'\\') | delete_or_beyond) & TOPS
}

fn hex(into: &mut Vec<u8>, octet: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    into.push(DIGITS[usize::from(octet >> 4)]);
    into.push(DIGITS[usize::from(octet & 15)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(escape: fn(&mut Vec<u8>, &[u8]), text: &[u8]) -> String {
        let mut into = Vec::new();
        escape(&mut into, text);
        String::from_utf8(into).unwrap()
    }

    #[test]
    fn what_is_not_plain_is_escaped() {
        for (text, in_json, in_quotes) in [
            (&b"a b/~"[..], "a b/~", "a b/~"),
            (b"\"\\", r#"\"\\"#, r#"\"\\"#),
            (
                b"\r\n\t\0\x1b[31m\x7f",
                r"\u000d\u000a\u0009\u0000\u001b[31m\u007f",
                r"\x0d\x0a\x09\x00\x1b[31m\x7f",
            ),
            (
                "\u{e9}\u{1f600}\u{9b}".as_bytes(),
                r"\u00e9\ud83d\ude00\u009b",
                r"\xc3\xa9\xf0\x9f\x98\x80\xc2\x9b",
            ),
            (b"\xff\xc3(", r"\u00ff\u00c3(", r"\xff\xc3("),
        ] {
            assert_eq!(escaped(json, text), in_json);
            assert_eq!(escaped(quoted, text), in_quotes);
        }
    }
    #[test]
    fn each_octet_is_found_at_each_place_whatever_stands_beside_it() {
        for filler in [b' ', b'!', b'#', b'[', b']', b'~'] {
            for length in 1..=20 {
                assert!(is_plain(&vec![filler; length]));
                for (octet, place) in
                    (0..=u8::MAX).flat_map(|octet| (0..length).map(move |p| (octet, p)))
                {
                    let mut text = vec![filler; length];
                    text[place] = octet;
                    let plain = matches!(octet, b' '..=b'~') && octet != b'"' && octet != b'\\';
                    assert_eq!(is_plain(&text), plain, "{octet:#x} at {place} of {length}");
                }
            }
        }
        assert!(is_plain(b""));
    }
}
