//! HTTP/1 read naively: whole texts, line by line, with copies of everything, as RFC 9112 and the
//! list of refusals have it. It shares no code with what it is held against.

use crate::http::head::Limits;
use std::net::Ipv6Addr;

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) path: String,
    pub(crate) host: Option<String>,
    /// HTTP/1.0
    pub(crate) is_old: bool,
    /// Whether the client lets the connection persist.
    pub(crate) stays: bool,
    pub(crate) length: u64,
    pub(crate) is_chunked: bool,
    pub(crate) body: Vec<u8>,
}

/// What is to be made of some octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A request, and how many octets it has.
    Whole(Box<Asked>, usize),
    Unfinished,
    /// With this status, where the naive reading knows it.
    Refused(Option<u16>),
    /// Beyond what the naive reading looks at.
    Unsure,
}

type Read<T> = Result<T, Verdict>;

const BAD: Verdict = Verdict::Refused(Some(400));

fn refused(status: u16) -> Verdict {
    Verdict::Refused(Some(status))
}

/// The request at the beginning of `bytes`, with its body.
pub(crate) fn read(bytes: &[u8], limits: &Limits, max_body: u64) -> Verdict {
    let (mut asked, used) = match head(bytes, limits) {
        Verdict::Whole(asked, used) => (asked, used),
        other => return other,
    };
    let rest = &bytes[used..];
    if asked.is_chunked {
        return match chunked(rest, max_body) {
            Verdict::Whole(body, more) => {
                asked.body = body.body;
                Verdict::Whole(asked, used + more)
            }
            other => other,
        };
    }
    if asked.length > max_body {
        return refused(413);
    }
    match rest.get(..asked.length as usize) {
        Some(body) => {
            asked.body = body.to_vec();
            Verdict::Whole(asked, used + body.len())
        }
        None => Verdict::Unfinished,
    }
}

/// The head at the beginning of `bytes`.
pub(crate) fn head(bytes: &[u8], limits: &Limits) -> Verdict {
    match read_head(bytes, limits) {
        Ok((asked, used)) if used <= limits.max_head => Verdict::Whole(Box::new(asked), used),
        // Which limit it is depends on how far it got.
        Ok(_) => Verdict::Refused(None),
        Err(Verdict::Unfinished) if bytes.len() >= limits.max_head => Verdict::Refused(None),
        // The fault may stand behind the end of what is looked at.
        Err(Verdict::Refused(_)) if bytes.len() > limits.max_head => Verdict::Refused(None),
        Err(other) => other,
    }
}

/// Whether nothing that may follow makes a whole head of what begins as `bytes` do.
pub(crate) fn is_beyond_repair(bytes: &[u8], limits: &Limits) -> bool {
    let tails = [
        "\r\n\r\n",
        "\n\r\n",
        "\r\nHost: a\r\n\r\n",
        "\nHost: a\r\n\r\n",
        " / HTTP/1.1\r\nHost: a\r\n\r\n",
        "/ HTTP/1.1\r\nHost: a\r\n\r\n",
        " HTTP/1.1\r\nHost: a\r\n\r\n",
        "HTTP/1.1\r\nHost: a\r\n\r\n",
        "T / HTTP/1.1\r\nHost: a\r\n\r\n",
        "1.1\r\nHost: a\r\n\r\n",
        "1\r\nHost: a\r\n\r\n",
        ": a\r\n\r\n",
        ": a\r\nHost: a\r\n\r\n",
        "a: a\r\nHost: a\r\n\r\n",
    ];
    tails.iter().all(|tail| {
        let completed = [bytes, tail.as_bytes()].concat();
        !matches!(head(&completed, limits), Verdict::Whole(..))
    })
}

fn read_head(bytes: &[u8], limits: &Limits) -> Read<(Asked, usize)> {
    let mut lines = Lines { bytes, at: 0, bare_lf: limits.allow_bare_lf };
    for left in [2, 1, 0] {
        match &bytes[lines.at..] {
            [] | [b'\r'] => return Err(Verdict::Unfinished),
            [b'\r' | b'\n', ..] if left == 0 => return Err(lines.wrong()),
            [b'\r', b'\n', ..] => lines.at += 2,
            [b'\n', ..] if limits.allow_bare_lf => lines.at += 1,
            [b'\r' | b'\n', ..] => return Err(lines.wrong()),
            [first, ..] if !first.is_ascii_graphic() && !b" \t\x0b\x0c".contains(first) => {
                return Err(lines.wrong());
            }
            _ => break,
        }
    }
    let rest = &bytes[lines.at..];
    // A target that is too long is told before the line has ended, however that may be.
    let line = lines.next().map_err(|verdict| match verdict {
        Verdict::Refused(_) if has_long_target(rest, limits) => Verdict::Refused(None),
        other => other,
    })?;
    // Wrong lines are told in their order; what the fields mean together, once all are there.
    let mut asked = request_line(line, limits)?;
    let mut fields = Vec::new();
    loop {
        // One too many is told before it is known what it is, at the latest at its end.
        let rest = &bytes[lines.at..];
        let begins = !rest.starts_with(b"\r") && !rest.starts_with(b"\n");
        if fields.len() == limits.max_fields && begins && rest.contains(&b'\n') {
            return Err(refused(431));
        }
        let line = lines.next()?;
        if line.is_empty() {
            break;
        }
        fields.push(field(line)?);
    }
    meaning(&mut asked, &fields)?;
    Ok((asked, lines.at))
}

struct Lines<'b> {
    bytes: &'b [u8],
    at: usize,
    bare_lf: bool,
}

impl<'b> Lines<'b> {
    /// The next line is wrong, which may be told as late as at its end.
    fn wrong(&self) -> Verdict {
        if self.bytes[self.at..].contains(&b'\n') { BAD } else { Verdict::Unfinished }
    }

    fn next(&mut self) -> Read<&'b [u8]> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|b| *b == b'\n').ok_or(Verdict::Unfinished)?;
        self.at += end + 1;
        let line = &rest[..end];
        let line = match line.strip_suffix(b"\r") {
            Some(line) => line,
            None if self.bare_lf => line,
            None => return Err(BAD),
        };
        if line.contains(&b'\r') { Err(BAD) } else { Ok(line) }
    }
}

fn is_token(text: &[u8]) -> bool {
    let extra = b"!#$%&'*+-.^_`|~";
    !text.is_empty() && text.iter().all(|b| b.is_ascii_alphanumeric() || extra.contains(b))
}

fn is_value(text: &[u8]) -> bool {
    text.iter().all(|b| *b == b'\t' || (*b >= b' ' && *b != 0x7f))
}

fn has_long_target(line: &[u8], limits: &Limits) -> bool {
    let target = line.split(|b| *b == b' ').nth(1).unwrap_or_default();
    target.iter().take_while(|b| !b"\r\n".contains(b)).count() > limits.max_target
}

fn request_line(line: &[u8], limits: &Limits) -> Read<Asked> {
    let mut words = line.splitn(3, |b| *b == b' ');
    let (method, target, version) = (words.next().unwrap_or_default(), words.next(), words.next());
    if !is_token(method) || method.len() > 32 {
        return Err(BAD);
    }
    let target = target.ok_or(BAD)?;
    if !target.iter().take(limits.max_target).all(|b| *b > b' ' && *b != 0x7f) {
        return Err(BAD);
    }
    if target.len() > limits.max_target {
        return Err(refused(414));
    }
    let method = String::from_utf8_lossy(method).into_owned();
    let target = String::from_utf8(target.to_vec()).map_err(|_| BAD)?;
    let (path, host) = split_target(&method, &target).ok_or(BAD)?;
    let is_old = match version {
        Some(b"HTTP/1.0") => true,
        Some(b"HTTP/1.1") => false,
        Some([b'H', b'T', b'T', b'P', b'/', a, b'.', b])
            if a.is_ascii_digit() && b.is_ascii_digit() =>
        {
            return Err(refused(505));
        }
        _ => return Err(BAD),
    };
    Ok(Asked { method, target, path, host, is_old, ..Asked::default() })
}

/// The path, and the host of an absolute form.
fn split_target(method: &str, target: &str) -> Option<(String, Option<String>)> {
    let alone = || Some((target.to_owned(), None));
    let path_of = |text: &str| text.split('?').next().unwrap_or_default().to_owned();
    if method == "CONNECT" {
        let (host, port) = target.rsplit_once(':')?;
        let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
        let number = port.trim_start_matches('0').parse::<u32>().ok()?;
        let valid = digits && (1..65536).contains(&number) && is_host(host);
        return if valid { alone() } else { None };
    }
    if target.starts_with('/') {
        return Some((path_of(target), None));
    }
    if target == "*" && method == "OPTIONS" {
        return alone();
    }
    let lower = target.to_ascii_lowercase();
    let scheme = ["http://", "https://"].into_iter().find(|scheme| lower.starts_with(scheme))?;
    let rest = &target[scheme.len()..];
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    if !is_authority(authority) {
        return None;
    }
    let path = path_of(rest);
    let path = if path.starts_with('/') { path } else { "/".to_owned() };
    Some((path, Some(authority.to_owned())))
}

fn is_authority(text: &str) -> bool {
    if is_host(text) {
        return true;
    }
    text.rsplit_once(':')
        .is_some_and(|(host, port)| is_host(host) && port.bytes().all(|b| b.is_ascii_digit()))
}

fn is_host(text: &str) -> bool {
    if let Some(inside) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return inside.parse::<Ipv6Addr>().is_ok() || is_future(inside);
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+;=".contains(&b);
    let mut rest = text.as_bytes();
    loop {
        match rest {
            [] => return !text.is_empty(),
            [b'%', a, b, after @ ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
                rest = after;
            }
            [first, after @ ..] if plain(*first) => rest = after,
            _ => return false,
        }
    }
}

fn is_future(text: &str) -> bool {
    let Some((version, address)) = text.split_once('.') else { return false };
    let Some(version) = version.strip_prefix(['v', 'V']) else { return false };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:".contains(&b);
    !version.is_empty()
        && version.bytes().all(|b| b.is_ascii_hexdigit())
        && !address.is_empty()
        && address.bytes().all(plain)
}

type Field = (String, Vec<u8>);

fn field(line: &[u8]) -> Read<Field> {
    let colon = line.iter().position(|b| *b == b':').ok_or(BAD)?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    if !is_token(name) || !is_value(value) {
        return Err(BAD);
    }
    Ok((String::from_utf8_lossy(name).to_ascii_lowercase(), trimmed(value).to_vec()))
}

fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

fn meaning(asked: &mut Asked, fields: &[Field]) -> Read<()> {
    let all = |name: &str| -> Vec<&[u8]> {
        fields.iter().filter(|(n, _)| n == name).map(|(_, value)| &value[..]).collect()
    };
    let (hosts, lengths, codings) = (all("host"), all("content-length"), all("transfer-encoding"));
    if hosts.len() > 1 || lengths.len() > 1 || codings.len() > 1 {
        return Err(BAD);
    }
    match hosts.first() {
        Some(host) => {
            let text = std::str::from_utf8(host).map_err(|_| BAD)?;
            if !text.is_empty() && !is_authority(text) {
                return Err(BAD);
            }
            asked.host = asked.host.take().or(Some(text.to_owned()));
        }
        None if asked.is_old => {}
        None => return Err(BAD),
    }
    match (lengths.first(), codings.first()) {
        (None, None) => {}
        (Some(length), None) => {
            let digits = !length.is_empty() && length.iter().all(u8::is_ascii_digit);
            let text = std::str::from_utf8(length).map_err(|_| BAD)?;
            asked.length = text.parse().ok().filter(|_| digits).ok_or(BAD)?;
        }
        (None, Some(_)) if asked.is_old => return Err(BAD),
        (None, Some(coding)) if coding.eq_ignore_ascii_case(b"chunked") => asked.is_chunked = true,
        // Malformed or not known.
        (None, Some(_)) => return Err(Verdict::Refused(None)),
        (Some(_), Some(_)) => return Err(BAD),
    }
    let expects_other = all("expect").iter().any(|it| !it.eq_ignore_ascii_case(b"100-continue"));
    if expects_other && !asked.is_old {
        return Err(refused(417));
    }
    let options: Vec<u8> = all("connection").join(&b","[..]).to_ascii_lowercase();
    let says = |option: &[u8]| options.split(|b| *b == b',').any(|it| trimmed(it) == option);
    asked.stays = !says(b"close") && (!asked.is_old || says(b"keep-alive"));
    Ok(())
}

/// A chunked body at the beginning of `bytes`.
pub(crate) fn chunked(bytes: &[u8], max_body: u64) -> Verdict {
    match read_chunks(bytes, max_body) {
        Ok((body, used)) => Verdict::Whole(Box::new(Asked::of_body(body)), used),
        Err(verdict) => verdict,
    }
}

fn read_chunks(bytes: &[u8], max_body: u64) -> Read<(Vec<u8>, usize)> {
    let mut lines = Lines { bytes, at: 0, bare_lf: false };
    let (mut body, mut extensions) = (Vec::new(), 0);
    loop {
        // Whether the size or the end of its line is told depends on which comes first.
        let line = lines.next().map_err(|verdict| match verdict {
            Verdict::Refused(_) => Verdict::Refused(None),
            other => other,
        })?;
        let (size, extension) = chunk_line(line, max_body - body.len() as u64)?;
        extensions += extension;
        if extensions > 4000 {
            return Err(Verdict::Unsure);
        }
        if size == 0 {
            break;
        }
        let rest = &bytes[lines.at..];
        let Some(data) = usize::try_from(size).ok().and_then(|size| rest.get(..size)) else {
            return Err(Verdict::Unfinished);
        };
        body.extend_from_slice(data);
        lines.at += data.len();
        match &bytes[lines.at..] {
            [b'\r', b'\n', ..] => lines.at += 2,
            [] | [b'\r'] => return Err(Verdict::Unfinished),
            _ => return Err(BAD),
        }
    }
    let start = lines.at;
    for _ in 0..=100 {
        if lines.at - start > 8000 {
            return Err(Verdict::Unsure);
        }
        let line = lines.next()?;
        if line.is_empty() {
            return Ok((body, lines.at));
        }
        field(line)?;
    }
    Err(BAD)
}

/// The size that a line gives, and how many octets of extensions it has.
fn chunk_line(line: &[u8], budget: u64) -> Read<(u64, usize)> {
    let digits = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let (size, rest) = line.split_at(digits);
    if digits == 0 || digits > 16 || !matches!(rest, [] | [b';' | b' ' | b'\t', ..]) {
        return Err(BAD);
    }
    let text = std::str::from_utf8(size).map_err(|_| BAD)?;
    let size = u64::from_str_radix(text, 16).map_err(|_| BAD)?;
    if size > budget {
        return Err(refused(413));
    }
    let mut left = rest;
    while !left.is_empty() {
        left = extension(left).ok_or(BAD)?;
    }
    Ok((size, rest.len()))
}

/// What follows `BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ]`
fn extension(text: &[u8]) -> Option<&[u8]> {
    let text = skip_space(text).strip_prefix(b";")?;
    let after_name = token(skip_space(text))?;
    let Some(value) = skip_space(after_name).strip_prefix(b"=") else { return Some(after_name) };
    let value = skip_space(value);
    let Some(mut quoted) = value.strip_prefix(b"\"") else { return token(value) };
    loop {
        match quoted {
            [b'"', rest @ ..] => return Some(rest),
            [b'\\', octet, rest @ ..] if is_value(&[*octet]) => quoted = rest,
            [octet, rest @ ..] if *octet != b'\\' && is_value(&[*octet]) => quoted = rest,
            _ => return None,
        }
    }
}

fn skip_space(text: &[u8]) -> &[u8] {
    let space = text.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    &text[space..]
}

fn token(text: &[u8]) -> Option<&[u8]> {
    let length = (0..text.len()).take_while(|at| is_token(&text[*at..=*at])).count();
    (length > 0).then(|| &text[length..])
}

/// A response of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Whether all of it is there.
    pub(crate) is_whole: bool,
}

/// The final responses in `bytes`; `is_head` says which of them answer a HEAD.
pub(crate) fn answers(bytes: &[u8], is_head: impl Fn(usize) -> bool) -> Vec<Answer> {
    let (mut rest, mut found) = (bytes, Vec::new());
    while !rest.is_empty() {
        let cut = || Answer { status: 0, body: Vec::new(), is_whole: false };
        let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") else {
            assert!(
                b"HTTP/1.1 ".starts_with(&rest[..rest.len().min(9)]),
                "{}",
                rest.escape_ascii()
            );
            found.push(cut());
            break;
        };
        let head = std::str::from_utf8(&rest[..end]).expect("heads are ASCII").to_owned();
        rest = &rest[end + 4..];
        let status: u16 = head
            .strip_prefix("HTTP/1.1 ")
            .and_then(|line| line.get(..3)?.parse().ok())
            .unwrap_or_else(|| panic!("a status line in {head}"));
        if status < 200 {
            continue;
        }
        let field = |name: &str| {
            let mut lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
            lines.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        let none = is_head(found.len()) || status == 204 || status == 304;
        let (body, used) = if none {
            (Some(Vec::new()), 0)
        } else if field("transfer-encoding").is_some() {
            match chunked(rest, u64::MAX) {
                Verdict::Whole(asked, used) => (Some(asked.body), used),
                Verdict::Unfinished => (None, rest.len()),
                other => panic!("our own chunks: {other:?}"),
            }
        } else if let Some(length) = field("content-length") {
            let length: usize = length.parse().expect("a length");
            (rest.get(..length).map(<[u8]>::to_vec), length.min(rest.len()))
        } else {
            (Some(rest.to_vec()), rest.len())
        };
        rest = &rest[used..];
        let is_whole = body.is_some();
        found.push(Answer { status, body: body.unwrap_or_default(), is_whole });
    }
    found
}
