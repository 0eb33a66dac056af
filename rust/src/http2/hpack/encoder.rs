//! Fields as they are packed: static names, the Huffman code. Nothing here depends on a connection, so
//! what is sent often is packed once for all of them, to be kept in the client's table or not.

use super::huffman;
use super::statics::STATIC;

/// Appends the status of a response.
pub(in crate::http2) fn status(status: u16, out: &mut Vec<u8>) {
    let known = match status {
        200 => 8,
        204 => 9,
        206 => 10,
        304 => 11,
        400 => 12,
        404 => 13,
        500 => 14,
        _ => 0,
    };
    if known != 0 {
        out.push(0x80 | known);
        return;
    }
    integer(0, 4, 8, out);
    plain(itoa::Buffer::new().format(status).as_bytes(), out);
}

/// How a field is written whose name stands in a table: pattern and bits of the index.
type Form = (u8, u32);

/// A literal without indexing (RFC 7541 section 6.2.2).
const PASSING: Form = (0, 4);

/// A literal with incremental indexing (section 6.2.1).
const KEPT: Form = (0x40, 6);

/// Appends a field; the name is taken in any case and sent in lower case.
pub(in crate::http2) fn field(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    field_name(PASSING, name, out);
    string(value, out);
}

/// Appends a field that goes into the client's table.
pub(super) fn kept_field(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    field_name(KEPT, name, out);
    string(value, out);
}

/// The same, without the Huffman code.
pub(super) fn plain_kept_field(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    field_name(KEPT, name, out);
    plain(value, out);
}

/// Appends what stands at this place of the tables.
#[inline]
pub(super) fn index(index: usize, out: &mut Vec<u8>) {
    integer(0x80, 7, index, out);
}

/// Appends a field whose value will be patched, as it is; where the value stands.
pub(in crate::http2) fn patched_field(name: &[u8], value: &[u8], out: &mut Vec<u8>) -> usize {
    field_name(PASSING, name, out);
    plain(value, out);
    out.len() - value.len()
}

fn field_name((pattern, bits): Form, name: &[u8], out: &mut Vec<u8>) {
    let is_name = |entry: &(&[u8], &[u8])| entry.0.eq_ignore_ascii_case(name);
    match STATIC.iter().position(is_name) {
        Some(at) => integer(pattern, bits, at + 1, out),
        None => {
            out.push(pattern);
            string(&name.to_ascii_lowercase(), out);
        }
    }
}

fn string(text: &[u8], out: &mut Vec<u8>) {
    let length = huffman::length(text);
    if length < text.len() {
        integer(0x80, 7, length, out);
        huffman::encode(text, out);
    } else {
        plain(text, out);
    }
}

fn plain(text: &[u8], out: &mut Vec<u8>) {
    integer(0, 7, text.len(), out);
    out.extend_from_slice(text);
}

#[inline]
fn integer(pattern: u8, bits: u32, value: usize, out: &mut Vec<u8>) {
    let most = (1 << bits) - 1;
    if value < most {
        out.push(pattern | value as u8);
        return;
    }
    out.push(pattern | most as u8);
    let mut rest = value - most;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use super::super::Decoder;
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_and_nothing_is_remembered() {
        let mut out = Vec::new();
        status(200, &mut out);
        status(418, &mut out);
        field(b"Content-Type", b"text/plain; charset=utf-8", &mut out);
        field(b"X-Long", &[b'\x7f'; 300], &mut out);
        let at = patched_field(b"Date", b"Thu, 01 Jan 1970 00:00:00 GMT", &mut out);
        assert!(out[at..].starts_with(b"Thu, "));
        let mut fields = Vec::new();
        let mut decoder = Decoder::new();
        let empty = decoder.memory();
        decoder
            .decode(&out, &mut Vec::new(), |field| {
                fields.push((field.name.to_vec(), field.value.to_vec()));
            })
            .unwrap();
        let text = |at: usize| {
            let (name, value) = &fields[at];
            format!("{} {}", String::from_utf8_lossy(name), String::from_utf8_lossy(value))
        };
        assert_eq!(text(0), ":status 200");
        assert_eq!(text(1), ":status 418");
        assert_eq!(text(2), "content-type text/plain; charset=utf-8");
        assert_eq!(fields[3], (b"x-long".to_vec(), vec![b'\x7f'; 300]));
        assert_eq!(text(4), "date Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(decoder.memory(), empty);
    }
}
