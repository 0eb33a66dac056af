//! Which default answer a request gets.

use super::index::{Row, extension};
use super::types::Class;
use super::{Defaults, Prepared, probes};
use crate::http::{Head, Method};

/// The most media ranges of an Accept field that are looked at: browsers send fewer than ten.
const RANGES_MAX: usize = 16;

impl Defaults {
    /// The row for the extension of the path.
    #[inline]
    pub(super) fn named(&self, head: &Head<'_, '_>) -> Option<Row> {
        extension(head.path).and_then(|name| self.index.by_extension(name))
    }

    /// The answer to any request but OPTIONS, with the row that its path names.
    #[inline]
    pub(super) fn choose(&self, head: &Head<'_, '_>, named: Option<Row>) -> &Prepared {
        // Empty where they are switched off.
        if let Some(probe) = probes::find(head.path).and_then(|row| self.probes.get(row)) {
            return probe;
        }
        if head.path != "/favicon.ico" && is_beacon(head) {
            return &self.no_content;
        }
        &self.kinds[usize::from(self.row(head, named))]
    }

    #[inline]
    fn row(&self, head: &Head<'_, '_>, named: Option<Row>) -> Row {
        // A fixed path: no other field changes what it is.
        if let (Some(row), "/favicon.ico") = (named, head.path) {
            return row;
        }
        if let Some(class) = head.known.sec_fetch_dest.and_then(Class::of_destination) {
            // The element knows the class, the extension the format within it.
            let same_class = named.filter(|row| self.index.class(*row) == class);
            return same_class.unwrap_or_else(|| self.index.of_class(class));
        }
        let accepted = || head.known.accept.and_then(|accept| self.accepted(accept));
        // An image or a script may be made by a program: it is what the element takes.
        if named.is_some_and(|row| self.index.class(row) == Class::Program) {
            let unsaid = if head.known.accept.is_none() { Class::Page } else { Class::Nothing };
            return accepted().unwrap_or_else(|| self.index.of_class(unsaid));
        }
        named.or_else(accepted).unwrap_or_else(|| {
            self.index.of_class(if head.path == "/" { Class::Page } else { Class::Nothing })
        })
    }

    /// The row for the media range that `accept` (RFC 9110 section 12.5.1) weighs most, the first
    /// of several; `None` if that is any type, or none of ours.
    #[inline(never)]
    fn accepted(&self, accept: &[u8]) -> Option<Row> {
        let mut best = (0, None);
        for range in accept.split(|b| *b == b',').take(RANGES_MAX) {
            let mut parts = range.split(|b| *b == b';').map(<[u8]>::trim_ascii);
            let essence = parts.next().unwrap_or_default();
            let weight = weight(parts);
            if weight <= best.0 {
                continue;
            }
            if essence == b"*/*" {
                best = (weight, None);
            } else if let Some(row) = self.index.by_media_type(essence) {
                best = (weight, Some(row));
            }
            if best.0 == 1000 {
                break;
            }
        }
        best.1
    }
}

/// Whether the client wants nothing but to have told us something.
fn is_beacon(head: &Head<'_, '_>) -> bool {
    let posted = head.method == Method::Post && head.known.sec_fetch_dest == Some(b"empty");
    posted || head.known.ping_to.is_some() || head.known.sec_fetch_dest == Some(b"report")
}

/// The `q` among the parameters of a media range, in thousandths; 1000 where it is missing, 0
/// where it is malformed.
fn weight<'p>(mut parameters: impl Iterator<Item = &'p [u8]>) -> u32 {
    let Some(q) = parameters.find_map(|p| p.strip_prefix(b"q=").or(p.strip_prefix(b"Q="))) else {
        return 1000;
    };
    match q {
        [b'1', ..] => 1000,
        [b'0', b'.', digits @ ..] if digits.len() <= 3 && digits.iter().all(u8::is_ascii_digit) => {
            let value = |i: usize| u32::from(digits.get(i).map_or(0, |d| d - b'0'));
            value(0) * 100 + value(1) * 10 + value(2)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_read_in_thousandths() {
        let weigh = |q: &[u8]| weight([q].into_iter());
        assert_eq!(weight([].into_iter()), 1000);
        assert_eq!(weigh(b"level=1"), 1000);
        assert_eq!((weigh(b"q=1"), weigh(b"q=1.000"), weigh(b"Q=0.5")), (1000, 1000, 500));
        assert_eq!((weigh(b"q=0.123"), weigh(b"q=0.05"), weigh(b"q=0.")), (123, 50, 0));
        for bad in [&b"q="[..], b"q=0", b"q=0.1234", b"q=x", b"q=-1", b"q=0.x"] {
            assert_eq!(weigh(bad), 0);
        }
    }
}
