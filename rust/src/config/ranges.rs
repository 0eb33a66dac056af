//! Ranges of addresses, as an option names them: `10.0.0.0/8`, `2001:db8::/32`, one address, `unix`.

use std::fmt;
use std::net::IpAddr;

/// Whom an option trusts.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Ranges {
    ranges: Vec<Range>,
    unix: bool,
}

/// The addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: IpAddr,
    prefix: u8,
}

impl Ranges {
    /// The ranges of a list in canonical form; what is none is left out.
    pub(super) fn of(items: &[String]) -> Self {
        Ranges {
            ranges: items.iter().filter_map(|item| Range::parse(item)).collect(),
            unix: items.iter().any(|item| item == UNIX),
        }
    }

    /// Whether there is nobody in them.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty() && !self.unix
    }

    /// Whether `address` is in one of them; an IPv4 address in its IPv6 form is that IPv4 address.
    /// `None` is whoever came through a Unix socket.
    pub fn contain(&self, address: Option<IpAddr>) -> bool {
        let Some(address) = address else { return self.unix };
        let address = address.to_canonical();
        self.ranges.iter().any(|range| mask(address, range.prefix) == range.first)
    }
}

/// As the option is written.
impl fmt::Debug for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranges = self.ranges.iter().map(Range::to_string);
        f.debug_list().entries(ranges.chain(self.unix.then(|| UNIX.to_owned()))).finish()
    }
}

const UNIX: &str = "unix";

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { first, prefix } = self;
        if *prefix == width(*first) { first.fmt(f) } else { write!(f, "{first}/{prefix}") }
    }
}

impl Range {
    /// Reads an address or a range of them in which no bit behind the prefix is set.
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().ok()?;
        let prefix = match prefix {
            // `u8::from_str` takes a plus sign and leading zeros, which nobody writes.
            Some(text) => text.parse().ok().filter(|number: &u8| number.to_string() == text)?,
            None => width(first),
        };
        let is_range = prefix <= width(first) && mask(first, prefix) == first;
        // It would never be met: such a client is met by its IPv4 address.
        let is_mapped = first.to_canonical() != first;
        (is_range && !is_mapped).then_some(Range { first, prefix })
    }
}

/// Bits of an address.
fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// `address` with only its first `prefix` bits.
pub(crate) fn mask(address: IpAddr, prefix: u8) -> IpAddr {
    let prefix = u32::from(prefix);
    match address {
        IpAddr::V4(v4) => {
            IpAddr::V4((v4.to_bits() & !u32::MAX.checked_shr(prefix).unwrap_or(0)).into())
        }
        IpAddr::V6(v6) => {
            IpAddr::V6((v6.to_bits() & !u128::MAX.checked_shr(prefix).unwrap_or(0)).into())
        }
    }
}

/// A range, an address or `unix`, as an item of a list; canonical text.
pub(super) fn canonical(text: &str) -> Option<String> {
    if text == UNIX {
        return Some(text.to_owned());
    }
    Range::parse(text).map(|range| range.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(items: &[&str]) -> Ranges {
        Ranges::of(&items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>())
    }

    fn contain(items: &[&str], address: &str) -> bool {
        ranges(items).contain(Some(address.parse().unwrap()))
    }

    #[test]
    fn both_ends_of_a_range_are_inside_and_their_neighbours_are_not() {
        let v4 = ["10.1.0.0/16"];
        assert!(contain(&v4, "10.1.0.0") && contain(&v4, "10.1.255.255"));
        assert!(!contain(&v4, "10.0.255.255") && !contain(&v4, "10.2.0.0"));
        let v6 = ["2001:db8::/33"];
        assert!(contain(&v6, "2001:db8:7fff:ffff::1"));
        assert!(!contain(&v6, "2001:db8:8000::") && !contain(&v6, "10.1.0.0"));
    }

    #[test]
    fn one_address_is_itself_alone_and_a_prefix_of_0_is_its_whole_family() {
        assert!(contain(&["192.0.2.1"], "192.0.2.1") && !contain(&["192.0.2.1"], "192.0.2.2"));
        assert!(contain(&["0.0.0.0/0"], "255.1.2.3") && !contain(&["0.0.0.0/0"], "::1"));
        assert!(contain(&["::/0"], "ffff::") && !contain(&["::/0"], "1.2.3.4"));
    }

    #[test]
    fn an_ipv4_address_in_its_ipv6_form_is_that_ipv4_address() {
        assert!(contain(&["192.0.2.0/24"], "::ffff:192.0.2.7"));
        assert!(!contain(&["::/0"], "::ffff:192.0.2.7"));
    }

    #[test]
    fn unix_sockets_are_trusted_only_by_name() {
        assert!(ranges(&["unix"]).contain(None));
        assert!(!ranges(&["0.0.0.0/0", "::/0"]).contain(None));
        assert!(!ranges(&["unix"]).contain(Some("127.0.0.1".parse().unwrap())));
        assert!(ranges(&[]).is_empty() && !ranges(&["unix"]).is_empty());
    }

    #[test]
    fn text_is_canonical_or_refused() {
        for (text, expected) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.0.0.1/32", "10.0.0.1"),
            ("2001:DB8:0::/32", "2001:db8::/32"),
            ("::1/128", "::1"),
            ("::/0", "::/0"),
            ("unix", "unix"),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
        }
        for bad in [
            "",
            "/8",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "10.0.0/8",
            "::/129",
            "2001:db8::1/64",
            "[::1]",
            "::ffff:10.0.0.1",
            "localhost",
            "all",
            "10.0.0.0/8/8",
            "10.0.0.0 /8",
            "010.0.0.0/8",
        ] {
            assert_eq!(canonical(bad), None, "{bad:?}");
        }
    }
}
