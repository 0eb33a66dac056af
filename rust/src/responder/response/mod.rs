//! A response, prepared once and sent any number of times.

mod body;
mod plain;
#[cfg(test)]
mod tests;

pub(crate) use body::{FilePart, SharedBody};

use crate::error::{Error, ErrorCode, Result};
use crate::http::DateLine;
use crate::http::status::reason_phrase;
use crate::responder::conditional::Part;
use std::sync::Arc;

/// A response as bytes, ready to be copied out; cheap to clone, shared by all threads.
///
/// Status line, fields and body lie in one block, as they go over the wire; only the Date line is
/// patched into the copy. So sending to a client that keeps an HTTP/1.1 connection is one copy.
#[derive(Clone, Debug)]
pub struct Response(Arc<Prepared>);

#[derive(Debug)]
struct Prepared {
    /// Status line, Date line, fields, empty line, body.
    block: Box<[u8]>,
    /// Where the Date line starts: behind the status line.
    date: usize,
    /// Where the empty line starts.
    head: usize,
    status: u16,
    flags: Flags,
}

/// What is known of the fields of a response.
#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    /// `Connection: close` is among them.
    closes: bool,
    /// A Server field is among them.
    names_server: bool,
}

/// Collects what a response shall have. Nothing is checked before [`ResponseBuilder::build`].
#[derive(Clone, Debug)]
pub struct ResponseBuilder {
    status: u16,
    fields: Vec<u8>,
    body: Vec<u8>,
    length: Option<u64>,
    flags: Flags,
    /// The first thing that was wrong.
    error: Option<Error>,
}

/// What the Connection field of a response says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Persistence {
    /// HTTP/1.1 and it stays open: no field.
    Implied,
    /// HTTP/1.0 and it stays open.
    KeepAlive,
    /// It is closed after this answer.
    Close,
}

/// What differs from one sending of a response to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wire<'w> {
    pub(crate) date: &'w DateLine,
    /// The request was HEAD: no body.
    pub(crate) head_only: bool,
    pub(crate) persistence: Persistence,
    /// The Server line with its CRLF, for responses without one of their own; may be empty.
    pub(crate) server: &'w [u8],
    /// Whole field lines, each with its CRLF, to be added.
    pub(crate) extra: &'w [u8],
}

impl Wire<'_> {
    /// Whether nothing is added but perhaps the Server line, and nothing left out.
    #[inline]
    fn is_plain(&self) -> bool {
        self.persistence == Persistence::Implied && !self.head_only && self.extra.is_empty()
    }
}

/// Octets of a body from which on a second send costs less than copying it.
const SHARED_MIN: usize = 32 * 1024;

const EMPTY_LINE: &[u8] = b"\r\n";
pub(crate) const CLOSE: &[u8] = b"Connection: close\r\n";
const KEEP_ALIVE: &[u8] = b"Connection: keep-alive\r\n";

impl Response {
    /// Starts a response with `status`, 200 to 599.
    pub fn builder(status: u16) -> ResponseBuilder {
        let error = (!(200..=599).contains(&status))
            .then(|| invalid(format!("status {status}: expected 200 to 599")));
        ResponseBuilder {
            status,
            fields: Vec::new(),
            body: Vec::new(),
            length: None,
            flags: Flags::default(),
            error,
        }
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.0.block[self.0.head + EMPTY_LINE.len()..]
    }

    /// The field lines of the response itself, each with its CRLF, without Date.
    pub(crate) fn field_lines(&self) -> &[u8] {
        &self.0.block[self.0.date + DateLine::LEN..self.0.head]
    }

    /// Whether the connection is closed after it, whatever the client asked for.
    pub(crate) fn closes(&self) -> bool {
        self.0.flags.closes
    }

    /// This response with the Server line `line` prepared in it, unless it has one or `line` is
    /// empty: what is sent often is then still one copy.
    pub(crate) fn with_server(&self, line: &[u8]) -> Response {
        let own = &*self.0;
        if own.flags.names_server || line.is_empty() {
            return self.clone();
        }
        let fields = [line, self.field_lines()].concat();
        let flags = Flags { names_server: true, ..own.flags };
        Response(Arc::new(Prepared::assemble(own.status, &fields, self.body(), flags)))
    }

    /// This response with another status; its body stays where that one may have one.
    pub(super) fn with_status(&self, status: u16) -> Response {
        self.with(status, self.body())
    }

    /// Whether it has the field `name`.
    pub(super) fn names(&self, name: &str) -> bool {
        let mut names = self
            .field_lines()
            .split(|b| *b == b'\n')
            .map(|line| line.split(|b| *b == b':').next().unwrap_or_default());
        names.any(|found| found.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// This response with `fields`, which are well-formed, behind its own; those that it has
    /// itself stay as they are, but for Vary, which is a list.
    pub(super) fn with_fields(&self, fields: &[(&str, &str)]) -> Response {
        let own = &*self.0;
        let mut lines = self.field_lines().to_vec();
        for (name, value) in fields.iter().filter(|(name, _)| *name == "Vary" || !self.names(name))
        {
            lines.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        Response(Arc::new(Prepared::assemble(own.status, &lines, self.body(), own.flags)))
    }

    /// The head of this response, which has no body, for one that is streamed: the field line
    /// `framing` stands in place of its Content-Length.
    pub(super) fn to_stream(&self, framing: &str) -> Response {
        self.with_framing(self.status(), framing.as_bytes())
    }

    /// The status and fields of this response with `body`, unless the status has none.
    pub(super) fn with_body(&self, body: &[u8]) -> Response {
        self.with(self.status(), body)
    }

    fn with(&self, status: u16, body: &[u8]) -> Response {
        let body = if matches!(status, 204 | 205 | 304) { b"" } else { body };
        let mut lines = Vec::new();
        let kept = |line: &&[u8]| !is_field(line, b"content-length:");
        for line in self.field_lines().split_inclusive(|b| *b == b'\n').filter(kept) {
            lines.extend_from_slice(line);
        }
        if !matches!(status, 204 | 304) {
            lines.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
        }
        Response(Arc::new(Prepared::assemble(status, &lines, body, self.0.flags)))
    }

    /// The head of this response with another status, and whole field lines in place of its
    /// Content-Length.
    pub(super) fn with_framing(&self, status: u16, lines: &[u8]) -> Response {
        let own = self.field_lines().split_inclusive(|b| *b == b'\n');
        let mut fields: Vec<&[u8]> =
            own.filter(|line| !is_field(line, b"content-length:")).collect();
        fields.push(lines);
        Response(Arc::new(Prepared::assemble(status, &fields.concat(), b"", self.0.flags)))
    }

    /// The value of the first field `name`, in lower case.
    pub(super) fn field(&self, name: &str) -> Option<&[u8]> {
        let lines = self.field_lines().split_inclusive(|b| *b == b'\n');
        let name = [name.as_bytes(), b":"].concat();
        let line = lines.into_iter().find(|line| is_field(line, &name))?;
        Some(line[name.len()..].trim_ascii())
    }

    /// Appends the whole response to `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>, wire: &Wire<'_>) {
        let own = &*self.0;
        let server = if own.flags.names_server { b"" } else { wire.server };
        let connection = match wire.persistence {
            _ if own.flags.closes => b"",
            Persistence::Implied => b"",
            Persistence::KeepAlive => KEEP_ALIVE,
            Persistence::Close => CLOSE,
        };
        let date = out.len() + own.date;
        let varied = server.len() + connection.len() + wire.extra.len();
        if varied == 0 && !wire.head_only {
            out.extend_from_slice(&own.block);
        } else {
            self.write_varied(out, [server, connection, wire.extra], wire.head_only);
        }
        out[date..date + DateLine::LEN].copy_from_slice(wire.date.as_bytes());
    }

    /// As [`Response::write`], but a large body is not copied: it is sent from where it stands,
    /// behind what is in `out`.
    #[inline]
    pub(crate) fn write_sharing(&self, out: &mut Vec<u8>, wire: &Wire<'_>) -> Option<SharedBody> {
        let own = &*self.0;
        let is_small = own.block.len() < SHARED_MIN;
        if is_small && wire.is_plain() && (own.flags.names_server || wire.server.is_empty()) {
            // Nearly every answer: one copy.
            let date = out.len() + own.date;
            out.extend_from_slice(&own.block);
            out[date..date + DateLine::LEN].copy_from_slice(wire.date.as_bytes());
            return None;
        }
        self.write_or_share(out, wire)
    }

    #[inline(never)]
    fn write_or_share(&self, out: &mut Vec<u8>, wire: &Wire<'_>) -> Option<SharedBody> {
        if wire.head_only || self.body().len() < SHARED_MIN {
            self.write(out, wire);
            return None;
        }
        self.write(out, &Wire { head_only: true, ..*wire });
        Some(SharedBody::of(self.clone(), 0..self.body().len()))
    }

    /// Appends `part` of this response to `out`; a large body is not copied if `share` allows it.
    #[cold]
    pub(crate) fn write_part(
        &self,
        out: &mut Vec<u8>,
        wire: &Wire<'_>,
        part: &Part,
        share: bool,
    ) -> Option<SharedBody> {
        let body = self.body();
        let mut fields = Vec::new();
        // What says how long the body is, or of which type, is another's.
        let kept = |line: &&[u8]| match part {
            Part::NotModified | Part::Range(_) => !is_field(line, b"content-length:"),
            Part::Unsatisfiable => {
                !is_field(line, b"content-length:") && !is_field(line, b"content-type:")
            }
        };
        for line in self.field_lines().split_inclusive(|b| *b == b'\n').filter(kept) {
            fields.extend_from_slice(line);
        }
        let range = match part {
            Part::NotModified => 0..0,
            Part::Range(range) => {
                let (first, last, len) = (range.start, range.end - 1, range.len());
                let line = format!("Content-Range: bytes {first}-{last}/{}\r\n", body.len());
                fields.extend_from_slice(line.as_bytes());
                fields.extend_from_slice(format!("Content-Length: {len}\r\n").as_bytes());
                range.clone()
            }
            Part::Unsatisfiable => {
                let line = format!("Content-Range: bytes */{}\r\n", body.len());
                fields.extend_from_slice(line.as_bytes());
                fields.extend_from_slice(b"Content-Length: 0\r\n");
                0..0
            }
        };
        let shared = share && range.len() >= SHARED_MIN && !wire.head_only;
        let copied = if shared { &[][..] } else { &body[range.clone()] };
        let prepared = Prepared::assemble(part.status(), &fields, copied, self.0.flags);
        Response(Arc::new(prepared)).write(out, wire);
        shared.then(|| SharedBody::of(self.clone(), range))
    }

    fn write_varied(&self, out: &mut Vec<u8>, lines: [&[u8]; 3], head_only: bool) {
        let (head, rest) = self.0.block.split_at(self.0.head);
        let rest = if head_only { EMPTY_LINE } else { rest };
        out.reserve(head.len() + lines.iter().map(|l| l.len()).sum::<usize>() + rest.len());
        out.extend_from_slice(head);
        for line in lines {
            out.extend_from_slice(line);
        }
        out.extend_from_slice(rest);
    }
}

impl ResponseBuilder {
    /// Adds a field line; repeated names make repeated lines. White space around the value is not
    /// part of it (RFC 9110 section 5.5).
    ///
    /// # Errors
    /// At [`ResponseBuilder::build`]: the name is no token, the value has a control character
    /// (CR, LF and NUL among them), or the server itself sets the field (Content-Length,
    /// Transfer-Encoding, Date, and Connection other than `close`).
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        if let Err(error) = self.add(name, value.as_ref().trim_ascii()) {
            self.error.get_or_insert(error);
        }
        self
    }

    /// Says the length that the body would have (RFC 9110 section 8.6). Only for the answer to a
    /// HEAD request: another client would wait for octets that never come. A body that is set
    /// as well counts for nothing then.
    #[must_use]
    pub fn length_for_head(mut self, length: u64) -> Self {
        self.length = Some(length);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Prepares the bytes.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] naming the first thing that is wrong: the status, a field,
    /// or a body where the status allows none (204, 205, 304).
    pub fn build(mut self) -> Result<Response> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if matches!(self.status, 204 | 205 | 304) && !self.body.is_empty() {
            let (status, len) = (self.status, self.body.len());
            return Err(invalid(format!("status {status}: expected no body, got {len} octets")));
        }
        // 204 and 304 end with their head (RFC 9110 section 8.6).
        if !matches!(self.status, 204 | 304) {
            let length = self.length.unwrap_or(self.body.len() as u64);
            let length = itoa::Buffer::new().format(length).to_owned();
            self.push("Content-Length", length.as_bytes());
        }
        let prepared = Prepared::assemble(self.status, &self.fields, &self.body, self.flags);
        Ok(Response(Arc::new(prepared)))
    }

    fn add(&mut self, name: &str, value: &[u8]) -> Result<()> {
        check_field(name, value)?;
        match name.to_ascii_lowercase().as_str() {
            "content-length" | "transfer-encoding" | "date" => {
                return Err(invalid(format!("header {name:?}: the server sets this field itself")));
            }
            "connection" if !value.eq_ignore_ascii_case(b"close") => {
                let got = String::from_utf8_lossy(value);
                return Err(invalid(format!(
                    "header {name:?}: expected \"close\" (the server sets the rest itself), \
                     got {got:?}"
                )));
            }
            "connection" if self.flags.closes => return Ok(()),
            "connection" => self.flags.closes = true,
            "server" => self.flags.names_server = true,
            _ => {}
        }
        self.push(name, value);
        Ok(())
    }

    fn push(&mut self, name: &str, value: &[u8]) {
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            self.fields.extend_from_slice(part);
        }
    }
}

impl Prepared {
    fn assemble(status: u16, fields: &[u8], body: &[u8], flags: Flags) -> Prepared {
        let mut block = status_line(status);
        let date = block.len();
        block.resize(date + DateLine::LEN, b' ');
        block.extend_from_slice(fields);
        let head = block.len();
        block.extend_from_slice(EMPTY_LINE);
        block.extend_from_slice(body);
        Prepared { block: block.into_boxed_slice(), date, head, status, flags }
    }
}

/// Whether name and value make a well-formed field line (RFC 9110 section 5).
pub(in crate::responder) fn check_field(name: &str, value: &[u8]) -> Result<()> {
    if !is_token(name.as_bytes()) {
        return Err(invalid(format!("header {name:?}: expected a token as the name")));
    }
    if let Some(bad) = value.iter().find(|b| b.is_ascii_control() && **b != b'\t') {
        return Err(invalid(format!(
            "header {name:?}: expected a value without control characters, got 0x{bad:02x}"
        )));
    }
    Ok(())
}

/// Whether a field line begins with `name`, in lower case with its colon.
fn is_field(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// RFC 9112 section 4: the phrase may be empty, the space before it may not be missing.
fn status_line(status: u16) -> Vec<u8> {
    let phrase = match reason_phrase(status) {
        "Unknown" => "",
        phrase => phrase,
    };
    format!("HTTP/1.1 {status} {phrase}\r\n").into_bytes()
}

/// Whether `bytes` are a token (RFC 9110 section 5.6.2).
pub(in crate::responder) fn is_token(bytes: &[u8]) -> bool {
    let tchar = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b);
    !bytes.is_empty() && bytes.iter().all(tchar)
}

fn invalid(message: String) -> Error {
    Error::new(ErrorCode::InvalidArgument, message)
}
