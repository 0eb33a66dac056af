//! What a session looks up in records itself, ahead of rustls.

/// Octets of the head of a record (RFC 8446 section 5.1).
const HEAD: usize = 5;

const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

const CLIENT_HELLO: u8 = 1;

/// The extension early_data (RFC 8446 section 4.2.10).
const EARLY_DATA: u16 = 42;

/// The first record of `records`, or what there is of it.
pub(super) fn first(records: &[u8]) -> usize {
    match records.first_chunk::<HEAD>() {
        Some([.., high, low]) => {
            records.len().min(HEAD + usize::from(u16::from_be_bytes([*high, *low])))
        }
        None => records.len(),
    }
}

/// Whether these octets are one whole record that is encrypted.
pub(super) fn is_encrypted(record: &[u8]) -> bool {
    let length = record.get(3..HEAD).map(|it| usize::from(u16::from_be_bytes([it[0], it[1]])));
    record.first() == Some(&APPLICATION_DATA) && length.is_some_and(|it| record.len() == HEAD + it)
}

/// Whether the first record is a ClientHello that announces early data; `None` as long as that record is
/// not whole. One that goes on in the next record does not count.
pub(super) fn announces_early_data(records: &[u8]) -> Option<bool> {
    let record = &records[..first(records)];
    let length = record.get(3..HEAD)?;
    if record.len() < HEAD + usize::from(u16::from_be_bytes([length[0], length[1]])) {
        return None;
    }
    Some(record[0] == HANDSHAKE && has_extension(&record[HEAD..], EARLY_DATA).unwrap_or(false))
}

/// Whether a ClientHello (RFC 8446 section 4.1.2) has this extension; `None` where it is none.
fn has_extension(message: &[u8], wanted: u16) -> Option<bool> {
    let mut rest = Octets(message);
    if rest.take(1)? != [CLIENT_HELLO] {
        return None;
    }
    let mut rest = Octets(rest.vector(3)?);
    // The version, the random.
    rest.take(2 + 32)?;
    // The session id, the suites, the compressions.
    rest.vector(1)?;
    rest.vector(2)?;
    rest.vector(1)?;
    let mut extensions = Octets(rest.vector(2)?);
    while !extensions.0.is_empty() {
        let kind = extensions.take(2)?;
        if kind == wanted.to_be_bytes() {
            return Some(true);
        }
        extensions.vector(2)?;
    }
    Some(false)
}

struct Octets<'o>(&'o [u8]);

impl<'o> Octets<'o> {
    fn take(&mut self, count: usize) -> Option<&'o [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A vector whose length has `width` octets.
    fn vector(&mut self, width: usize) -> Option<&'o [u8]> {
        let length = self.take(width)?.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet));
        self.take(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(extensions: &[u8]) -> Vec<u8> {
        let length = (extensions.len() as u16).to_be_bytes();
        let body = [&[3, 3][..], &[7; 32], &[0], &[0, 2, 0x13, 1], &[1, 0], &length, extensions];
        let body = body.concat();
        let message = [&[1, 0, 0, body.len() as u8][..], &body].concat();
        [&[22, 3, 1, 0, message.len() as u8][..], &message].concat()
    }

    #[test]
    fn early_data_is_seen_wherever_it_is_announced() {
        for (extensions, announced) in [
            (&[][..], false),
            (&[0, 42, 0, 0], true),
            (&[0, 10, 0, 2, 0, 42, 0, 42, 0, 0], true),
            (&[0, 10, 0, 4, 0, 42, 0, 0], false),
            (&[0, 42], true),
            (&[0, 10, 0], false),
        ] {
            let hello = hello(extensions);
            assert_eq!(announces_early_data(&hello), Some(announced), "{extensions:?}");
            for end in 0..hello.len() {
                assert_eq!(announces_early_data(&hello[..end]), None, "{end}");
            }
            let more = [&hello[..], &[23, 3, 3, 0, 1, 0]].concat();
            assert_eq!(announces_early_data(&more), Some(announced));
            assert_eq!(first(&more), hello.len());
        }
        let mut in_two = hello(&[0, 42, 0, 0]);
        in_two[8] += 1;
        assert_eq!(announces_early_data(&in_two), Some(false));
        assert_eq!(announces_early_data(&[23, 3, 3, 0, 1, 0]), Some(false));
        assert_eq!(announces_early_data(&[22, 3, 3, 0, 0]), Some(false));
    }

    #[test]
    fn whole_records_are_told_from_others() {
        assert!(is_encrypted(&[23, 3, 3, 0, 1, 9]));
        for record in [&[23, 3, 3, 0, 2, 9][..], &[22, 3, 3, 0, 1, 9], &[23, 3, 3, 0], &[]] {
            assert!(!is_encrypted(record), "{record:?}");
        }
    }
}
