//! What clients of TLS say first, whatever that is: see [`crate::fuzzing`].

use super::names::Subject;
use super::{Session, Terms, Tls, Trouble, Workspace};
use crate::ca::{self, Plan};
use crate::config::Config;
use crate::connection::Key;
use crate::fuzzing::Choices;
use crate::worker::Handle;
use mio::{Poll, Token, Waker};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::{Arc, OnceLock};

/// What a session may keep of a handshake.
const KEPT_MAX: u64 = 33 * 1024;

pub(crate) fn client_hello(data: &[u8]) {
    let mut choices = Choices(data);
    let (flags, every) = (choices.octet(), usize::from(choices.octet()).max(1));
    if let Ok(name) = std::str::from_utf8(choices.0) {
        subject(&name.to_ascii_lowercase());
    }
    let records = if flags & 1 == 0 { choices.0.to_vec() } else { hello_for(choices.0) };
    let records = &records[..records.len().min(60_000)];
    let terms = &terms()[usize::from(flags & 2 != 0)];
    let whole = say(terms, records, records.len().max(1));
    assert_eq!(whole, say(terms, records, every), "cut every {every} octets");
}

/// Says `records`, `every` octets at a time; whether that ended in trouble.
fn say(terms: &Terms, records: &[u8], every: usize) -> bool {
    let mut session = Session::new(terms.config.clone()).expect("a configuration");
    let (mut space, mut buffer) = (Workspace::new(), vec![0; 64 * 1024]);
    let nowhere = OwnedFd::from(File::open("/dev/null").expect("/dev/null"));
    for piece in records.chunks(every) {
        let length = session.take_kept(&mut space.incoming);
        space.incoming[length..length + piece.len()].copy_from_slice(piece);
        let length = length + piece.len();
        if session.speaks_http(&space.incoming[..length]) {
            return false;
        }
        let key = Key { index: 0, generation: 0 };
        if !session.is_prepared(terms, &space.incoming[..length], (&nowhere, key)) {
            assert!(!session.waits(), "a certificate is waited for that nobody makes");
            assert!(session.memory() <= KEPT_MAX);
            continue;
        }
        let progress = session.process(&mut space, length, &mut buffer, &nowhere);
        assert_eq!(progress.octets, 0, "octets of HTTP without a handshake");
        assert!(!progress.opened && session.memory() <= KEPT_MAX);
        assert!(space.outgoing.len() < 16 * 1024, "more is said than a handshake has");
        let said = std::mem::take(&mut space.outgoing);
        if let Some(trouble) = progress.trouble {
            assert!(!said.is_empty() || matches!(trouble, Trouble::Alert(_)), "without a word");
            assert!(!trouble.to_string().is_empty() && session.is_over());
            return true;
        }
    }
    false
}

/// What a certificate is made for covers the name, and never more than a label more.
fn subject(name: &str) {
    let subject = Subject::of(name);
    let plain = name.strip_suffix('.').unwrap_or(name);
    let covers = |made: &String| match made.strip_prefix("*.") {
        Some(domain) => plain.split_once('.').is_some_and(|(_, below)| below == domain),
        None => made == plain,
    };
    assert!(subject.names().iter().any(covers), "{name:?}: {subject:?}");
}

/// A ClientHello (RFC 8446 section 4.1.2) that asks for a name of these octets.
fn hello_for(name: &[u8]) -> Vec<u8> {
    let name = &name[..name.len().min(1000)];
    let sized = |octets: &[u8]| [&(octets.len() as u16).to_be_bytes(), octets].concat();
    let extension = |kind: u16, octets: &[u8]| [&kind.to_be_bytes()[..], &sized(octets)].concat();
    let extensions = [
        extension(0, &sized(&[&[0], &sized(name)[..]].concat())),
        extension(10, &sized(&[0, 29, 0, 23])),
        extension(13, &sized(&[4, 3, 8, 4, 4, 1])),
        extension(43, &[4, 3, 4, 3, 3]),
        extension(51, &sized(&[&[0, 29], &sized(&[9; 32])[..]].concat())),
    ]
    .concat();
    let suites = sized(&[0x13, 0x01, 0xc0, 0x2b, 0xc0, 0x2f]);
    let body = [&[3, 3][..], &[7; 32], &[0], &suites, &[1, 0], &sized(&extensions)].concat();
    let length = (body.len() as u32).to_be_bytes();
    let message = [&[1][..], &length[1..], &body].concat();
    [&[22, 3, 1][..], &sized(&message)].concat()
}

/// Those of servers with a CA of their own: one without early data, one with.
fn terms() -> &'static [Terms; 2] {
    static TERMS: OnceLock<[Terms; 2]> = OnceLock::new();
    TERMS.get_or_init(|| ["0", "16k"].map(made))
}

fn made(early_data: &str) -> Terms {
    let name = format!("hr_client_hello_{early_data}_{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    ca::init(&folder, &Plan::default()).expect("a CA");
    let mut config = Config::new();
    config.set("ca_dir", folder.to_str().expect("a path")).expect("an option");
    config.set("listen_tls", "127.0.0.1:0").expect("an option");
    config.set("tls_early_data", early_data).expect("an option");
    let settings = config.resolve().expect("settings");
    let tls = Tls::load(&settings).expect("the CA is read").expect("a CA is named");
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    let poll = Poll::new().expect("a poll");
    let waker = Waker::new(poll.registry(), Token(0)).expect("a waker");
    tls.config_for(&Arc::new(Handle::new(waker, 1)))
}
