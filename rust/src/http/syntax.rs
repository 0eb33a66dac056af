//! The character classes of the grammar (RFC 9110 section 5.6, RFC 3986 section 2).

/// Whether `byte` may stand in a token (`tchar`).
#[inline]
pub(crate) fn is_tchar(byte: u8) -> bool {
    TCHAR[byte as usize]
}

/// Whether `bytes` are a token: at least one `tchar` and nothing else.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&b| is_tchar(b))
}

/// Whether `byte` may stand in a field value: `VCHAR`, `obs-text`, SP or HTAB.
#[inline]
pub(crate) fn is_value_byte(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// Whether `byte` may stand in a request target. Wider than RFC 3986 as every server is: browsers
/// send `|`, `"` and raw UTF-8.
#[inline]
pub(crate) fn is_target_byte(byte: u8) -> bool {
    byte > b' ' && byte != 0x7f
}

/// Whether `byte` is optional white space (`OWS`): SP or HTAB.
#[inline]
pub(crate) fn is_ows(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// `bytes` without `OWS` around them.
pub(crate) fn trim_ows(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && is_ows(*first)
    {
        bytes = rest;
    }
    while let [rest @ .., last] = bytes
        && is_ows(*last)
    {
        bytes = rest;
    }
    bytes
}

/// Whether `byte` may stand in a reg-name as itself: `unreserved` or `sub-delims`, except the
/// comma, which would make one Host look like a list of two.
#[inline]
pub(crate) fn is_reg_name_byte(byte: u8) -> bool {
    REG_NAME[byte as usize]
}

static TCHAR: [bool; 256] = class(b"!#$%&'*+-.^_`|~");
static REG_NAME: [bool; 256] = class(b"-._~!$&'()*+;=");

/// Letters, digits and `extra`.
const fn class(extra: &[u8]) -> [bool; 256] {
    let mut map = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        map[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < extra.len() {
        map[extra[at] as usize] = true;
        at += 1;
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_no_delimiter_and_is_not_empty() {
        assert!(is_token(b"X-Custom|Pipe~1"));
        assert!(!is_token(b""));
        for delimiter in b"\"(),/:;<=>?@[\\]{} \t\x00\x7f\x80\xff" {
            assert!(!is_tchar(*delimiter), "{delimiter:#x}");
        }
    }

    #[test]
    fn only_space_and_tab_are_trimmed() {
        assert_eq!(trim_ows(b" \ta b\t "), b"a b");
        assert_eq!(trim_ows(b" \t "), b"");
        assert_eq!(trim_ows(b"\x0ba\r"), b"\x0ba\r");
    }
}
