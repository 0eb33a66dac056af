//! The PROXY protocol: a header before the first request, in which a proxy says whose connection
//! it passes on. Versions 1 and 2 of the specification of HAProxy
//! (<https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>), strictly: what does not match
//! it ends the connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The longest header of version 1 with its CRLF (section 2.1).
pub const V1_MAX: usize = 107;

/// The longest header of version 2 that is taken. Addresses need at most 232 octets; behind them
/// proxies put what they know of the TLS connection, at most a client's certificate names.
pub const V2_MAX: usize = 4096;

/// What stands at the beginning of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A whole header of `len` octets.
    Complete {
        /// Octets of the header.
        len: usize,
        /// Whose connection it is.
        source: Source,
    },
    /// The beginning of one.
    Partial,
    /// Anything else.
    Malformed,
}

/// Whose connection it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// This client's.
    Client(SocketAddr),
    /// That of a client of a Unix socket.
    Unix,
    /// The proxy's own (LOCAL), or the proxy cannot say (UNKNOWN, UNSPEC): the address of the
    /// connection itself holds.
    Connection,
}

const V1_START: &[u8] = b"PROXY ";
const V2_START: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// Octets of version 2 before the addresses.
const V2_FIXED: usize = 16;

/// Reads the header at the beginning of `input`.
pub fn parse(input: &[u8]) -> Parsed {
    if let Some(parsed) = begins(input, V1_START) {
        return parsed.unwrap_or_else(|| parse_v1(input));
    }
    match begins(input, V2_START) {
        Some(parsed) => parsed.unwrap_or_else(|| parse_v2(input)),
        None => Parsed::Malformed,
    }
}

/// `None` if `input` begins otherwise than `start`; within it, too little is there to go on.
fn begins(input: &[u8], start: &[u8]) -> Option<Option<Parsed>> {
    let common = input.len().min(start.len());
    let same = input[..common] == start[..common];
    same.then(|| (input.len() < start.len()).then_some(Parsed::Partial))
}

fn parse_v1(input: &[u8]) -> Parsed {
    let seen = &input[..input.len().min(V1_MAX)];
    let Some(end) = memchr::memchr2(b'\r', b'\n', seen) else {
        return if seen.len() < V1_MAX { Parsed::Partial } else { Parsed::Malformed };
    };
    match &seen[end..] {
        [b'\r'] if seen.len() < V1_MAX => return Parsed::Partial,
        [b'\r', b'\n', ..] => {}
        _ => return Parsed::Malformed,
    }
    let line = std::str::from_utf8(&seen[V1_START.len()..end]);
    match line.ok().and_then(v1_source) {
        Some(source) => Parsed::Complete { len: end + 2, source },
        None => Parsed::Malformed,
    }
}

fn v1_source(line: &str) -> Option<Source> {
    let mut words = line.split(' ');
    let family = words.next()?;
    if family == "UNKNOWN" {
        return Some(Source::Connection);
    }
    let mut address = || -> Option<IpAddr> {
        let word = words.next()?;
        match family {
            "TCP4" => word.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
            "TCP6" => word.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            _ => None,
        }
    };
    let (source, _destination) = (address()?, address()?);
    let (source_port, _destination_port) = (port(words.next()?)?, port(words.next()?)?);
    words.next().is_none().then(|| Source::Client(SocketAddr::new(source, source_port)))
}

/// A port, in digits without a leading zero.
fn port(word: &str) -> Option<u16> {
    let plain = word.bytes().all(|b| b.is_ascii_digit()) && (word == "0" || !word.starts_with('0'));
    if plain { word.parse().ok() } else { None }
}

fn parse_v2(input: &[u8]) -> Parsed {
    let Some((&version_and_command, rest)) = input[V2_START.len()..].split_first() else {
        return Parsed::Partial;
    };
    let is_local = match version_and_command {
        0x20 => true,
        0x21 => false,
        _ => return Parsed::Malformed,
    };
    let [family, high, low, block @ ..] = rest else { return Parsed::Partial };
    let len = usize::from(u16::from_be_bytes([*high, *low]));
    if V2_FIXED + len > V2_MAX {
        return Parsed::Malformed;
    }
    let Some(block) = block.get(..len) else { return Parsed::Partial };
    // The family of a local connection is ignored (section 2.2), and so is what stands behind it.
    let source = if is_local { Some(Source::Connection) } else { v2_source(*family, block) };
    match source {
        Some(source) => Parsed::Complete { len: V2_FIXED + len, source },
        None => Parsed::Malformed,
    }
}

fn v2_source(family: u8, block: &[u8]) -> Option<Source> {
    let (source, rest) = match (family >> 4, family & 0xF) {
        (0..=3, 0) | (0, 1..=2) => return Some(Source::Connection),
        (1, 1..=2) => {
            let (&[a, b, c, d, _, _, _, _, high, low, _, _], rest) = block.split_first_chunk()?;
            let source = SocketAddr::from(([a, b, c, d], u16::from_be_bytes([high, low])));
            (Source::Client(source), rest)
        }
        (2, 1..=2) => {
            let (addresses, rest) = block.split_first_chunk::<32>()?;
            let ([high, low, _, _], rest) = rest.split_first_chunk()?;
            let (source, _destination) = addresses.split_first_chunk::<16>()?;
            let port = u16::from_be_bytes([*high, *low]);
            (Source::Client(SocketAddr::from((*source, port))), rest)
        }
        (3, 1..=2) => (Source::Unix, block.get(216..)?),
        _ => return None,
    };
    are_tlvs(rest).then_some(source)
}

/// Whether these are types, lengths and values up to the end. What they say is not needed.
fn are_tlvs(mut rest: &[u8]) -> bool {
    while let [_type, high, low, values @ ..] = rest {
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        let Some(next) = values.get(len..) else { return false };
        rest = next;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests;
