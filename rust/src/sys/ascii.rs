//! Text that is known to be ASCII.

/// `octets` as text, if all are ASCII; for short text far cheaper than a whole look at UTF-8.
#[inline]
pub(crate) fn text(octets: &[u8]) -> Option<&str> {
    // SAFETY: ASCII is UTF-8.
    octets.is_ascii().then(|| unsafe { std::str::from_utf8_unchecked(octets) })
}
