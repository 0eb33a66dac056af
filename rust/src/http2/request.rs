//! From the fields of a request to the head that the parser of HTTP/1 reads: what is well-formed
//! here and not there, or the other way round, is decided in this place. The text makes one request
//! and never two: no name or value can end a line.

use super::hpack::Field;

/// What is wrong with a request (RFC 9113 section 8.1.1): its stream is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// A request as its fields come in.
#[derive(Debug, Default)]
pub(super) struct Builder {
    method: Vec<u8>,
    path: Vec<u8>,
    authority: Vec<u8>,
    /// Field lines.
    lines: Vec<u8>,
    cookie: Vec<u8>,
    seen: u8,
    length: Option<u64>,
    malformed: bool,
    /// A field has come, behind which no pseudo-field may stand.
    regular: bool,
    /// More than any head may have: the rest is not kept.
    overflowing: bool,
    limit: usize,
}

const METHOD: u8 = 1;
const SCHEME: u8 = 2;
const PATH: u8 = 4;
const AUTHORITY: u8 = 8;

/// What is known of the request whose head was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The method is HEAD.
    pub(crate) head_only: bool,
    /// What Content-Length says.
    pub(crate) length: Option<u64>,
}

impl Builder {
    /// Begins with the next request, of which at most `limit` octets are kept.
    pub(super) fn begin(&mut self, limit: usize) {
        let buffers = [
            &mut self.method,
            &mut self.path,
            &mut self.authority,
            &mut self.lines,
            &mut self.cookie,
        ];
        buffers.into_iter().for_each(Vec::clear);
        self.length = None;
        self.limit = limit;
        (self.seen, self.malformed, self.regular, self.overflowing) = (0, false, false, false);
    }

    /// Takes the next field.
    #[inline]
    pub(super) fn take(&mut self, field: Field<'_>) {
        let Field { name, value } = field;
        if name.first() == Some(&b':') {
            return self.take_pseudo(name, value);
        }
        self.regular = true;
        if !is_name(name) || !is_value(value) {
            self.malformed = true;
            return;
        }
        if self.lines.len() + self.cookie.len() + name.len() + value.len() > self.limit {
            self.overflowing = true;
            return;
        }
        match name {
            b"cookie" => {
                // One line again (RFC 9113 section 8.2.3).
                if !self.cookie.is_empty() {
                    self.cookie.extend_from_slice(b"; ");
                }
                self.cookie.extend_from_slice(value);
            }
            b"host" => self.take_host(value),
            // What belongs to the connection has no place here (section 8.2.2).
            b"connection" | b"keep-alive" | b"proxy-connection" | b"transfer-encoding"
            | b"upgrade" => self.malformed = true,
            b"te" if !value.eq_ignore_ascii_case(b"trailers") => self.malformed = true,
            b"content-length" => self.take_length(value),
            _ => self.line(name, value),
        }
    }

    /// Writes the head as HTTP/1 has it to `text`. Where a body follows whose length is not known it is
    /// to come in chunks.
    ///
    /// # Errors
    /// [`Malformed`] for what is no request.
    pub(super) fn finish(&mut self, ended: bool, text: &mut Vec<u8>) -> Result<Facts, Malformed> {
        text.clear();
        let is_connect = self.method == b"CONNECT";
        let needed = if is_connect { METHOD | AUTHORITY } else { METHOD | SCHEME | PATH };
        let forbidden = if is_connect { SCHEME | PATH } else { 0 };
        let is_whole = self.seen & needed == needed && self.seen & forbidden == 0;
        let is_known_path = matches!(self.path.first(), Some(b'/' | b'*')) || is_connect;
        let is_short = ended && self.length.is_some_and(|length| length > 0);
        if self.malformed || !is_whole || !is_known_path || is_short {
            return Err(Malformed);
        }
        let target = if is_connect { &self.authority } else { &self.path };
        for part in [&self.method[..], b" ", target, b" HTTP/1.1\r\n"] {
            text.extend_from_slice(part);
        }
        if self.seen & AUTHORITY != 0 {
            write_line(text, b"host", &self.authority);
        }
        text.extend_from_slice(&self.lines);
        if !self.cookie.is_empty() {
            write_line(text, b"cookie", &self.cookie);
        }
        if !ended && self.length.is_none() {
            text.extend_from_slice(b"transfer-encoding: chunked\r\n");
        }
        if self.overflowing {
            // Longer than any limit, so that it is refused for that.
            text.extend_from_slice(b"x: ");
            text.resize(text.len() + self.limit, b'x');
            text.extend_from_slice(b"\r\n");
        }
        text.extend_from_slice(b"\r\n");
        Ok(Facts { head_only: self.method == b"HEAD", length: self.length })
    }

    fn take_pseudo(&mut self, name: &[u8], value: &[u8]) {
        let (bit, into) = match name {
            b":method" => (METHOD, Some(&mut self.method)),
            b":path" => (PATH, Some(&mut self.path)),
            b":authority" => (AUTHORITY, Some(&mut self.authority)),
            b":scheme" => (SCHEME, None),
            _ => (0, None),
        };
        let is_clean =
            !value.is_empty() && value.iter().all(|octet| matches!(octet, b'!'..=b'~' | 0x80..));
        if bit == 0 || self.regular || self.seen & bit != 0 || !is_clean {
            self.malformed = true;
            return;
        }
        self.seen |= bit;
        if let Some(into) = into {
            // What is left out is longer than any limit all the same.
            into.extend_from_slice(&value[..value.len().min(self.limit)]);
        }
    }

    /// Stands where `:authority` does not; both have to say the same (section 8.3.1).
    fn take_host(&mut self, value: &[u8]) {
        if self.seen & AUTHORITY == 0 {
            return self.line(b"host", value);
        }
        self.malformed |= !self.authority.eq_ignore_ascii_case(value);
    }

    fn take_length(&mut self, value: &[u8]) {
        let number = std::str::from_utf8(value).ok().filter(|text| is_digits(text));
        let number = number.and_then(|text| text.parse().ok());
        match (number, self.length) {
            (Some(number), None) => {
                self.length = Some(number);
                self.line(b"content-length", value);
            }
            (Some(number), Some(before)) if number == before => {}
            _ => self.malformed = true,
        }
    }

    fn line(&mut self, name: &[u8], value: &[u8]) {
        write_line(&mut self.lines, name, value);
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit())
}

#[inline]
fn write_line(lines: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    lines.reserve(name.len() + value.len() + 4);
    lines.extend_from_slice(name);
    lines.extend_from_slice(b": ");
    lines.extend_from_slice(value);
    lines.extend_from_slice(b"\r\n");
}

/// Tokens without capital letters (RFC 9113 section 8.2.1).
static NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = matches!(octet as u8, b'a'..=b'z' | b'0'..=b'9' | b'!' | b'#'..=b'\'' | b'*' | b'+'
            | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~');
        octet += 1;
    }
    table
};

#[inline]
fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|&octet| NAME[usize::from(octet)])
}

/// Whether nothing in it ends a line, nor any white space stands around it.
#[inline]
fn is_value(value: &[u8]) -> bool {
    let is_space = |octet: Option<&u8>| matches!(octet, Some(b' ' | b'\t'));
    let is_control = |octet: &u8| (*octet < b' ' && *octet != b'\t') || *octet == 0x7f;
    !is_space(value.first()) && !is_space(value.last()) && !value.iter().any(is_control)
}

/// Whether these are trailers: no pseudo-field may be among them, nor anything that is malformed in a
/// head.
pub(super) fn is_trailer(field: Field<'_>) -> bool {
    is_name(field.name) && is_value(field.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(fields: &[(&str, &str)], ended: bool) -> Result<String, Malformed> {
        let mut builder = Builder::default();
        builder.begin(1000);
        for (name, value) in fields {
            builder.take(Field { name: name.as_bytes(), value: value.as_bytes() });
        }
        let mut text = Vec::new();
        builder.finish(ended, &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    const GET: [(&str, &str); 4] =
        [(":method", "GET"), (":scheme", "http"), (":path", "/a?b"), (":authority", "x:80")];

    #[test]
    fn a_request_is_written_as_http_1_has_it() {
        let fields = [
            &GET[..],
            &[("accept", "*/*"), ("cookie", "a=1"), ("te", "trailers"), ("cookie", "b=2")],
        ];
        assert_eq!(
            text(&fields.concat(), true).unwrap(),
            "GET /a?b HTTP/1.1\r\nhost: x:80\r\naccept: */*\r\nte: trailers\r\ncookie: a=1; b=2\r\n\r\n"
        );
        assert_eq!(
            text(&GET, false).unwrap(),
            "GET /a?b HTTP/1.1\r\nhost: x:80\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        let sized = [&GET[..], &[("content-length", "5"), ("content-length", "5")]].concat();
        assert!(text(&sized, false).unwrap().ends_with("host: x:80\r\ncontent-length: 5\r\n\r\n"));
        let connect = [(":method", "CONNECT"), (":authority", "a:443")];
        assert!(text(&connect, false).unwrap().starts_with("CONNECT a:443 HTTP/1.1\r\n"));
        let same = [&GET[..], &[("host", "X:80")]].concat();
        assert_eq!(text(&same, true).unwrap().matches("host").count(), 1);
    }

    #[test]
    fn what_is_no_request_is_malformed() {
        for bad in [
            ("connection", "close"),
            ("keep-alive", "1"),
            ("proxy-connection", "x"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("te", "gzip"),
            ("Accept", "x"),
            ("a b", "x"),
            ("a:b", "x"),
            ("", "x"),
            ("a", " x"),
            ("a", "x\t"),
            ("a", "x\r\nhost: y"),
            ("a", "x\ny"),
            ("a", "x\0y"),
            ("a", "x\x7fy"),
            (":path", "/twice"),
            (":status", "200"),
            (":protocol", "websocket"),
            ("host", "another"),
            ("content-length", "1"),
            ("content-length", "+0"),
            ("content-length", "x"),
        ] {
            assert_eq!(text(&[&GET[..], &[bad]].concat(), true), Err(Malformed), "{bad:?}");
        }
        for missing in 0..3 {
            let mut fields = GET.to_vec();
            fields.remove(missing);
            assert_eq!(text(&fields, true), Err(Malformed), "{fields:?}");
        }
        for path in ["", "a", "/ b", "/\tb", "/\r\n", "http://x/"] {
            let fields = [(":method", "GET"), (":scheme", "http"), (":path", path)];
            assert_eq!(text(&fields, true), Err(Malformed), "{path:?}");
        }
        let late = [("a", "b"), (":method", "GET"), (":scheme", "http"), (":path", "/")];
        assert_eq!(text(&late, true), Err(Malformed));
        let lengths = [&GET[..], &[("content-length", "5"), ("content-length", "6")]].concat();
        assert_eq!(text(&lengths, false), Err(Malformed));
    }

    #[test]
    fn more_than_any_head_may_have_is_not_kept_and_comes_out_too_long() {
        let long = "x".repeat(600);
        let fields = [&GET[..], &[("a", &long), ("b", &long), ("c", &long)]].concat();
        let text = text(&fields, true).unwrap();
        assert!((1600..2000).contains(&text.len()), "{}", text.len());
    }
}
