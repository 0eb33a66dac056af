//! What a session looks up in records itself, ahead of rustls.

/// Octets of the head of a record (RFC 8446 section 5.1).
const HEAD: usize = 5;

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

/// The first octet of each version that a record may name.
const VERSION: u8 = 3;

/// Octets of the longest record that rustls takes.
const RECORD: usize = 16 * 1024 + 2048;

/// An alert that ends nothing, and one that does (RFC 5246 section 7.2).
const WARNING: u8 = 1;
const CLOSE_NOTIFY: u8 = 0;

const CLIENT_HELLO: u8 = 1;

/// Octets of the longest message of a handshake that rustls takes.
const LARGEST: usize = 0xffff;

/// Extensions: server_name (RFC 6066 section 3), signature_algorithms and early_data (RFC 8446 sections
/// 4.2.3 and 4.2.10).
const SERVER_NAME: u16 = 0;
const SIGNATURE_ALGORITHMS: u16 = 13;
const EARLY_DATA: u16 = 42;

/// The kind of a name that is one of a host.
const HOST_NAME: u8 = 0;

/// What a ClientHello says of the certificate that it wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wish<'h> {
    /// The name of the host, as it was sent.
    pub(super) name: Option<&'h [u8]>,
    /// Numbers of two octets each.
    pub(super) suites: &'h [u8],
    pub(super) schemes: &'h [u8],
}

/// What the first records tell of a ClientHello.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen<'h> {
    /// It is not whole yet.
    Part,
    Hello(Wish<'h>),
    /// None, or one that cannot be.
    Other,
}

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

/// Whether a record that was made here is an alert: TLS 1.3 encrypts its type, but nothing else is as short.
pub(super) fn is_alert(record: &[u8]) -> bool {
    const ENCRYPTED: usize = HEAD + 2 + 1 + 16;
    match record.first() {
        Some(&ALERT) => true,
        Some(&APPLICATION_DATA) => record.len() == ENCRYPTED,
        _ => false,
    }
}

/// Whether the first record is a ClientHello that announces early data; `None` as long as that record is
/// not whole. One that goes on in the next record does not count.
pub(super) fn announces_early_data(records: &[u8]) -> Option<bool> {
    let message = whole(records)?;
    let extensions = message.and_then(opened).map(|(_, extensions)| extensions);
    let mut kinds = extensions.into_iter().flat_map(each).map(|(kind, _)| kind);
    Some(kinds.any(|kind| kind == EARLY_DATA))
}

/// What the first records, if they are a ClientHello, say of the certificate that is wanted. One that lies
/// in several records is put together in `spare`, which is empty.
pub(super) fn wish<'h>(records: &'h [u8], spare: &'h mut Vec<u8>) -> Seen<'h> {
    // rustls puts up with so many.
    let mut warnings = 4;
    let mut rest = records;
    loop {
        match rest {
            [ALERT, VERSION, _, 0, 2, WARNING, kind, behind @ ..]
                if *kind != CLOSE_NOTIFY && spare.is_empty() && warnings > 0 =>
            {
                warnings -= 1;
                rest = behind;
                continue;
            }
            // As far as it has come.
            [ALERT, behind @ ..] if behind.len() < 6 && spare.is_empty() => return Seen::Part,
            [] | [HANDSHAKE] => return Seen::Part,
            [HANDSHAKE, VERSION, ..] => {}
            _ => return Seen::Other,
        }
        let Some([.., high, low]) = rest.first_chunk::<HEAD>() else { return Seen::Part };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if length == 0 || length > RECORD {
            return Seen::Other;
        }
        let Some((fragment, behind)) = rest[HEAD..].split_at_checked(length) else {
            return Seen::Part;
        };
        rest = behind;
        if spare.is_empty() && is_whole(fragment) == Some(true) {
            return wish_of(fragment).map_or(Seen::Other, Seen::Hello);
        }
        spare.extend_from_slice(fragment);
        match is_whole(spare) {
            Some(true) => return wish_of(spare).map_or(Seen::Other, Seen::Hello),
            Some(false) => {}
            None => return Seen::Other,
        }
    }
}

/// Whether this is a whole ClientHello, or the beginning of one; `None` where it can be none.
fn is_whole(message: &[u8]) -> Option<bool> {
    let mut rest = Octets(message);
    match rest.take(1) {
        Some([CLIENT_HELLO]) => {}
        Some(_) => return None,
        None => return Some(false),
    }
    let Some(length) = rest.take(3) else { return Some(false) };
    let length = length.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet));
    (length <= LARGEST).then_some(rest.0.len() >= length)
}

fn wish_of(message: &[u8]) -> Option<Wish<'_>> {
    let (suites, extensions) = opened(message)?;
    let mut wish = Wish { suites, ..Wish::default() };
    for (kind, content) in each(extensions) {
        match kind {
            SERVER_NAME => {
                let mut names = Octets(Octets(content?).only_vector(2)?);
                loop {
                    let is_host = names.take(1)? == [HOST_NAME];
                    let name = names.vector(2)?;
                    if is_host && wish.name.replace(name).is_some() {
                        return None;
                    }
                    if names.0.is_empty() {
                        break;
                    }
                }
            }
            SIGNATURE_ALGORITHMS => wish.schemes = Octets(content?).only_vector(2)?,
            _ => {}
        }
    }
    Some(wish)
}

/// The content of the first record: `None` as long as it is not whole, nothing in it where it is not one
/// of the handshake.
fn whole(records: &[u8]) -> Option<Option<&[u8]>> {
    let record = &records[..first(records)];
    let length = record.get(3..HEAD)?;
    if record.len() < HEAD + usize::from(u16::from_be_bytes([length[0], length[1]])) {
        return None;
    }
    Some((record[0] == HANDSHAKE).then_some(&record[HEAD..]))
}

/// The cipher suites and the extensions of a ClientHello (RFC 8446 section 4.1.2).
fn opened(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = Octets(message);
    if rest.take(1)? != [CLIENT_HELLO] {
        return None;
    }
    let mut rest = Octets(rest.vector(3)?);
    // The version, the random.
    rest.take(2 + 32)?;
    // The session id, the suites, the compressions.
    rest.vector(1)?;
    let suites = rest.vector(2)?;
    rest.vector(1)?;
    Some((suites, rest.vector(2)?))
}

/// The extensions in turn: what they are and what they say, `None` and the end where that is cut off.
fn each(extensions: &[u8]) -> impl Iterator<Item = (u16, Option<&[u8]>)> {
    let mut rest = Octets(extensions);
    std::iter::from_fn(move || {
        let kind = rest.take(2)?;
        let content = rest.vector(2);
        if content.is_none() {
            rest = Octets(&[]);
        }
        Some((u16::from_be_bytes([kind[0], kind[1]]), content))
    })
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

    /// As [`Octets::vector`], with nothing behind it.
    fn only_vector(&mut self, width: usize) -> Option<&'o [u8]> {
        self.vector(width).filter(|_| self.0.is_empty())
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
    fn what_is_wished_for_is_seen() {
        let name = [0, 0, 0, 8, 0, 6, 0, 0, 3, b'a', b'.', b'b'];
        let schemes = [0, 13, 0, 6, 0, 4, 4, 3, 8, 4];
        let suites = &[0x13, 1][..];
        let both = [&name[..], &schemes].concat();
        for (extensions, wish) in [
            (&[][..], Wish { name: None, suites, schemes: &[] }),
            (&name[..], Wish { name: Some(b"a.b"), suites, schemes: &[] }),
            (&both[..], Wish { name: Some(b"a.b"), suites, schemes: &[4, 3, 8, 4] }),
        ] {
            let hello = hello(extensions);
            assert_eq!(super::wish(&hello, &mut Vec::new()), Seen::Hello(wish.clone()));
            for end in 0..hello.len() {
                assert_eq!(super::wish(&hello[..end], &mut Vec::new()), Seen::Part, "{end}");
            }
            for size in [1, 2, 3, 4, 5, 40, hello.len() - 6] {
                let records: Vec<u8> = hello[HEAD..]
                    .chunks(size)
                    .flat_map(|part| [&[22, 3, 1, 0, part.len() as u8][..], part].concat())
                    .collect();
                assert_eq!(super::wish(&records, &mut Vec::new()), Seen::Hello(wish.clone()));
                for end in 0..records.len() {
                    let mut spare = Vec::new();
                    let seen = super::wish(&records[..end], &mut spare);
                    assert_eq!(seen, Seen::Part, "{size}, {end}");
                }
            }
        }
        let behind_warnings = [&[21, 3, 3, 0, 2, 1, 100].repeat(4)[..], &hello(&name)].concat();
        let wish = Wish { name: Some(b"a.b"), suites, schemes: &[] };
        let mut spare = Vec::new();
        assert_eq!(super::wish(&behind_warnings, &mut spare), Seen::Hello(wish.clone()));
        for end in 0..behind_warnings.len() {
            let mut spare = Vec::new();
            assert_eq!(super::wish(&behind_warnings[..end], &mut spare), Seen::Part, "{end}");
        }
        let another_kind = [0, 0, 0, 12, 0, 10, 0, 0, 3, b'a', b'.', b'b', 7, 0, 1, b'x'];
        assert_eq!(super::wish(&hello(&another_kind), &mut Vec::new()), Seen::Hello(wish));
        let twice = [0, 0, 0, 10, 0, 8, 0, 0, 1, b'a', 0, 0, 1, b'b'];
        let behind = [0, 0, 0, 7, 0, 4, 0, 0, 1, b'a', b'x'];
        for cut in [
            &twice[..],
            &[0, 0, 0, 2, 0, 0],
            &behind,
            &[0, 0, 0, 8, 0, 6],
            &[0, 0, 0, 1, 0],
            &[0, 13, 0, 2, 0, 4],
            &[0, 13, 0],
        ] {
            assert_eq!(super::wish(&hello(cut), &mut Vec::new()), Seen::Other, "{cut:?}");
        }
        for none in [
            &[23][..],
            &[23, 3, 3, 0, 1, 0],
            &[22, 2],
            &[22, 3, 1, 0, 0],
            &[22, 3, 1, 0x48, 1],
            &[21, 3, 1, 0, 2, 2, 40],
            &[21, 3, 1, 0, 2, 1, 0],
            &[22, 3, 1, 0, 1, 2],
            &[22, 3, 1, 0, 4, 1, 1, 0, 0],
            &[22, 3, 1, 0, 1, 1, 20, 3],
        ] {
            assert_eq!(super::wish(none, &mut Vec::new()), Seen::Other, "{none:?}");
        }
    }

    #[test]
    fn whole_records_are_told_from_others() {
        assert!(is_encrypted(&[23, 3, 3, 0, 1, 9]));
        for record in [&[23, 3, 3, 0, 2, 9][..], &[22, 3, 3, 0, 1, 9], &[23, 3, 3, 0], &[]] {
            assert!(!is_encrypted(record), "{record:?}");
        }
    }
}
