//! The way that nearly every head takes: one pass, for heads that are whole and clean.
//!
//! What it takes is exactly what the thorough way takes, with the same result (a test holds the two
//! against each other). Of anything else, faults, heads that are not whole, bare line feeds, it
//! says nothing, and the thorough way finds out.

use super::facts::Facts;
use super::{Field, FieldSlots, Framing, Head, Limits, METHOD_MAX, Target, Version};
use crate::http::Method;
use crate::sys::scan::{self, Words};

/// What [`find`] found out of a head, beside its fields and the facts among them.
pub(super) struct Found<'b> {
    words: Words<'b>,
    method: Method,
    version: Version,
    target: Target<'b>,
    host: Option<&'b str>,
    framing: Framing,
}

/// The head that `text` begins with, if it can be told in one pass; its fields are in `slots`, and
/// what they say in `facts`.
#[inline(always)]
pub(super) fn find<'b>(
    text: &'b [u8],
    slots: &mut FieldSlots<'b>,
    facts: &mut Facts<'b>,
    limits: &Limits,
) -> Option<Found<'b>> {
    let note = |name: &str, value| facts.note(name.as_bytes(), value).is_ok();
    let words = scan::head(text, slots, limits.max_fields, note)?;
    if words.method.len() > METHOD_MAX || words.target.len() > limits.max_target {
        return None;
    }
    let version = if words.minor == 0 { Version::Http10 } else { Version::Http11 };
    let method = Method::from_name(words.method);
    let target = Target::split_at(method, words.target, words.question).ok()?;
    facts.expects_continue(version).ok()?;
    let host = facts.host(version).ok()?;
    let framing = facts.framing(version).ok()?;
    Some(Found { words, method, version, target, host, framing })
}

impl<'b> Found<'b> {
    /// The head with its `facts` and `fields`; `lead` octets stand before it.
    #[inline(always)]
    pub(super) fn head<'h>(
        &self,
        facts: &Facts<'b>,
        fields: &'h [Field<'b>],
        lead: usize,
    ) -> Head<'h, 'b> {
        let words = &self.words;
        let expects = facts.expects_continue(self.version).unwrap_or_default();
        Head {
            method: self.method,
            method_name: words.method,
            version: self.version,
            target: words.target,
            path: self.target.path,
            query: self.target.query,
            host: self.target.authority.or(self.host),
            fields,
            framing: self.framing,
            keep_alive: facts.keep_alive(self.version),
            expect_continue: expects && self.framing != Framing::None,
            known: facts.known,
            len: lead + words.len,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Parsed, thorough};
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits =
        Limits { max_head: 4096, max_fields: 6, max_target: 100, allow_bare_lf: false };

    /// What both ways make of `text`; the thorough one's result where they agree.
    fn compare(text: &[u8], limits: &Limits) -> bool {
        let (mut one, mut other) = (FieldSlots::new(), FieldSlots::new());
        let mut facts = Facts::default();
        let fast = find(text, &mut one, &mut facts, limits);
        let fast = fast.map(|found| found.head(&facts, one.filled(), 0));
        match (fast, thorough(text, 0, &mut other, limits)) {
            (Some(fast), Parsed::Complete(head)) => {
                assert_eq!(format!("{fast:?}"), format!("{head:?}"));
                true
            }
            (Some(fast), refused) => {
                panic!("{:?}: {fast:?}, but {refused:?}", String::from_utf8_lossy(text))
            }
            (None, _) => false,
        }
    }

    #[test]
    fn what_clients_send_takes_the_fast_way() {
        if !scan::is_supported() {
            return;
        }
        for text in [
            &b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"[..],
            b"GET /x.gif?a=b HTTP/1.0\r\n\r\nGET /next",
            b"POST http://a.example:80/p HTTP/1.1\r\nhost:a\r\nContent-Length: 5 \r\n\r\nhello",
            b"OPTIONS * HTTP/1.1\r\nHost: \t[::1]:80\t \r\nEmpty:\r\nBlank: \t \r\n\r\n",
            b"PUT / HTTP/1.1\r\nHost: a\r\nX: caf\xe9\r\nTransfer-Encoding: chunked\r\n\r\n",
        ] {
            assert!(compare(text, &LIMITS), "{:?}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn every_octet_at_every_place_of_a_head_is_judged_alike() {
        let head = b"GET /a?b HTTP/1.1\r\nHost: a.b:80\r\nX-y: z \r\nConnection: close\r\n\r\n";
        for at in 0..head.len() {
            for octet in (0..=255).step_by(if cfg!(miri) { 31 } else { 1 }) {
                let mut changed = head.to_vec();
                changed[at] = octet;
                compare(&changed, &LIMITS);
                changed = head.to_vec();
                changed.insert(at, octet);
                compare(&changed, &LIMITS);
            }
            compare(&head[..at], &LIMITS);
        }
    }

    fn part() -> impl Strategy<Value = Vec<u8>> {
        let common = prop::sample::select(vec![
            &b"GET "[..], b"OPTIONS ", b"/", b"*", b"/a.gif?q", b"http://h:1/p", b" HTTP/1.1\r\n",
            b" HTTP/1.0\r\n", b"Host: a\r\n", b"Host:b\t\r\n", b"Content-Length: 3\r\n",
            b"Transfer-Encoding: chunked\r\n", b"Connection: close, x\r\n", b"Expect: 100-continue\r\n",
            b"Accept: */*\r\n", b"Accept: b\r\n", b"\r\n", b"\n", b" ", b":", b"\r\n\r\n",
            b"Long-Name-That-Goes-On-And-On: a long value that leads into the next block of text\r\n",
        ]);
        prop_oneof![
            8 => common.prop_map(<[u8]>::to_vec),
            1 => prop::collection::vec(any::<u8>(), 0..3),
            1 => (1usize..150).prop_map(|len| vec![b'w'; len]),
        ]
    }

    proptest! {
        #[test]
        fn whatever_is_put_together_is_judged_alike(
            parts in prop::collection::vec(part(), 0..12),
            whole in any::<bool>(),
            allow_bare_lf in any::<bool>(),
        ) {
            let mut text = if whole { b"GET /p HTTP/1.1\r\nHost: h\r\n".to_vec() } else { Vec::new() };
            text.extend(parts.concat());
            text.extend(b"\r\n\r\n");
            compare(&text, &Limits { allow_bare_lf, ..LIMITS });
        }
    }
}
