//! A file as an answer: sent by the kernel, whole or the part that is asked for.

use super::conditional::{self, Part};
use super::response::SharedBody;
use super::{Exchange, Request, Response};
use crate::error::{Error, ErrorCode, Result};
use std::fs::{File, Metadata};
use std::ops::Range;
use std::os::unix::fs::MetadataExt;

/// What is sent of a file: the head, and which octets.
pub(super) struct FileAnswer {
    pub(super) head: Response,
    pub(super) range: Range<u64>,
}

impl Exchange<'_> {
    /// Answers with the status and the fields of `head` and the content of `file`, a regular file, as
    /// far as `request` asks for it: If-None-Match gets 304, one range of octets 206 or 416, also
    /// with If-Range (RFC 9110 sections 13 and 14), HEAD no body. ETag and Last-Modified are made of
    /// the file's time and size unless `head` has them. Conditions are for a status of 200.
    ///
    /// The kernel sends it, so memory and time are the same for any size; what is not in its cache
    /// is read from the disk meanwhile, which holds up the worker. A file that becomes shorter while
    /// it is sent cuts the connection off.
    ///
    /// # Errors
    /// [`ErrorCode::State`] if the request was answered or deferred already;
    /// [`ErrorCode::InvalidArgument`] if it is no regular file, or `head` has a body or the status
    /// 204, 205 or 304; [`ErrorCode::Io`] if the file cannot be looked at.
    pub fn respond_file(
        &mut self,
        request: &Request<'_>,
        head: &Response,
        file: File,
    ) -> Result<()> {
        self.check_open()?;
        if !head.body().is_empty() || matches!(head.status(), 204 | 205 | 304) {
            let (octets, status) = (head.body().len(), head.status());
            return Err(invalid(format!(
                "head: expected a response without a body and a status that may have one, got \
                 {octets} octets and {status}"
            )));
        }
        let known = file
            .metadata()
            .map_err(|error| Error::new(ErrorCode::Io, format!("the file: {error}")))?;
        if !known.is_file() {
            return Err(invalid("file: expected a regular file".to_owned()));
        }
        let answer = answer(request, head, &known);
        let body = SharedBody::of_file(file, answer.range);
        self.respond_head(&answer.head, (body.left() > 0).then_some(body));
        Ok(())
    }
}

fn answer(request: &Request<'_>, head: &Response, known: &Metadata) -> FileAnswer {
    let length = known.len();
    let tag = head.field("etag").map_or_else(|| tag_of(known).into_bytes(), <[u8]>::to_vec);
    let size = usize::try_from(length).unwrap_or(usize::MAX);
    let part = match head.status() {
        200 => conditional::part(request.head, &tag, size),
        _ => None,
    };
    let mut lines = Vec::new();
    let mut add = |name: &str, value: &[u8]| {
        if !head.names(name) {
            lines.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
    };
    add("ETag", &tag);
    if let Ok(time) = known.modified() {
        add("Last-Modified", httpdate::fmt_http_date(time).as_bytes());
    }
    if head.status() == 200 {
        add("Accept-Ranges", b"bytes");
    }
    let (framing, range) = match &part {
        None => (format!("Content-Length: {length}\r\n"), 0..length),
        Some(Part::NotModified) => (String::new(), 0..0),
        Some(Part::Range(range)) => {
            let (first, last, octets) = (range.start, range.end - 1, range.len());
            let lines = format!(
                "Content-Range: bytes {first}-{last}/{length}\r\nContent-Length: {octets}\r\n"
            );
            (lines, range.start as u64..range.end as u64)
        }
        Some(Part::Unsatisfiable) => {
            (format!("Content-Range: bytes */{length}\r\nContent-Length: 0\r\n"), 0..0)
        }
    };
    lines.extend_from_slice(framing.as_bytes());
    let status = part.map_or(head.status(), |part| part.status());
    FileAnswer { head: head.with_framing(status, &lines), range }
}

/// A strong entity tag: a file that is changed has another time, to the nanosecond, or size.
fn tag_of(known: &Metadata) -> String {
    format!("\"{:x}-{:x}-{:x}\"", known.mtime(), known.mtime_nsec(), known.len())
}

fn invalid(message: String) -> Error {
    Error::new(ErrorCode::InvalidArgument, message)
}
