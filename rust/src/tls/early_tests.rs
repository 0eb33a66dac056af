//! Early data between a session and a client of rustls, without sockets.

use super::{Conditions, Progress, Session, Tls, Workspace};
use crate::ca::{self, Plan};
use crate::config::Config;
use crate::worker::Handle;
use mio::{Poll, Token, Waker};
use rustls::client::ClientConnection;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const ASKED: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// A CA in a folder that goes with it.
struct Site {
    folder: PathBuf,
}

impl Site {
    fn new() -> Site {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hr_early_{}_{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        ca::init(&folder, &Plan::default()).expect("a CA");
        Site { folder }
    }

    /// A server that takes so much early data.
    fn server(&self, early_data: &str) -> (Tls, Conditions) {
        let mut config = Config::new();
        config.set("ca_dir", self.folder.to_str().expect("a path")).expect("an option");
        config.set("listen_tls", "127.0.0.1:0").expect("an option");
        config.set("tls_early_data", early_data).expect("an option");
        let settings = config.resolve().expect("settings");
        let tls = Tls::load(&settings).expect("the CA is read").expect("a CA is named");
        let poll = Poll::new().expect("a poll");
        let waker = Waker::new(poll.registry(), Token(0)).expect("a waker");
        let config = tls.config_for(&Arc::new(Handle::new(waker, 1))).config;
        (tls, config)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The configuration of a client that remembers its sessions.
fn client_of(tls: &Tls) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(tls.ca_certificate().expect("a CA").into()).expect("a root");
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.enable_early_data = true;
    Arc::new(config)
}

/// One connection, from both ends.
struct Talk {
    client: ClientConnection,
    server: Session,
    space: Workspace,
    nowhere: OwnedFd,
    heard: Vec<u8>,
}

impl Talk {
    fn new(client: &Arc<ClientConfig>, server: &Conditions) -> Talk {
        let name = "ads.example.com".try_into().expect("a name");
        Talk {
            client: ClientConnection::new(client.clone(), name).expect("a client"),
            server: Session::new(server.clone()).expect("a session"),
            space: Workspace::new(),
            nowhere: File::open("/dev/null").expect("/dev/null").into(),
            heard: Vec::new(),
        }
    }

    fn say_early(&mut self, octets: &[u8]) {
        let mut early = self.client.early_data().expect("a session to take up");
        assert_eq!(early.write(octets).expect("early data"), octets.len());
    }

    /// What the client has to send.
    fn records(&mut self) -> Vec<u8> {
        let mut records = Vec::new();
        while self.client.wants_write() {
            self.client.write_tls(&mut records).expect("to a vector");
        }
        records
    }

    /// The server gets `records`; what it says goes to the client only with [`Talk::listen`].
    fn hear(&mut self, records: &[u8]) -> Progress {
        let Talk { server, space, nowhere, .. } = self;
        let length = server.take_kept(&mut space.incoming);
        space.incoming[length..length + records.len()].copy_from_slice(records);
        let mut buffer = vec![0; 160 * 1024];
        let progress = server.process(space, length + records.len(), &mut buffer, nowhere);
        self.heard.extend_from_slice(&buffer[..progress.octets]);
        progress
    }

    /// The client gets what the server has said; the octets of HTTP in it.
    fn listen(&mut self) -> Vec<u8> {
        let said = std::mem::take(&mut self.space.outgoing);
        let mut rest = &said[..];
        while !rest.is_empty() {
            self.client.read_tls(&mut rest).expect("from a slice");
            self.client.process_new_packets().expect("the server keeps to the protocol");
        }
        let mut octets = vec![0; 64 * 1024];
        let count = self.client.reader().read(&mut octets).unwrap_or(0);
        octets.truncate(count);
        octets
    }

    /// To the end of the handshake, `every` octets at a time.
    fn shake(&mut self, every: usize) {
        for _ in 0..10 {
            let records = self.records();
            for piece in records.chunks(every) {
                let progress = self.hear(piece);
                assert!(progress.trouble.is_none(), "{:?}", progress.trouble);
                self.listen();
            }
        }
        assert!(!self.client.is_handshaking() && !self.server.is_shaking());
    }
}

/// A client that has a session with this server.
fn acquainted(tls: &Tls, server: &Conditions) -> Arc<ClientConfig> {
    let client = client_of(tls);
    Talk::new(&client, server).shake(usize::MAX);
    client
}

#[test]
fn early_data_is_read_and_answered_before_the_handshake_ends() {
    let site = Site::new();
    let (tls, server) = site.server("16k");
    let mut talk = Talk::new(&acquainted(&tls, &server), &server);
    talk.say_early(ASKED);
    let records = talk.records();
    let progress = talk.hear(&records);
    assert_eq!((progress.octets, progress.early), (ASKED.len(), ASKED.len()));
    assert!(progress.began_early && !progress.opened && talk.server.is_shaking());
    talk.server.encrypt(b"answer", &mut talk.space.outgoing).expect("it may write");
    assert_eq!(talk.listen(), b"answer");
    assert!(talk.client.is_early_data_accepted());

    talk.client.writer().write_all(b"later").expect("a client that may write");
    let records = talk.records();
    let progress = talk.hear(&records);
    assert_eq!((progress.octets, progress.early, progress.opened), (5, 0, true));
    assert!(talk.server.is_resumed() && talk.heard.ends_with(b"\r\nlater"));
}

#[test]
fn what_comes_early_and_what_comes_later_are_told_apart_where_they_come_at_once() {
    let site = Site::new();
    let (tls, server) = site.server("16k");
    let mut talk = Talk::new(&acquainted(&tls, &server), &server);
    talk.say_early(ASKED);
    let records = talk.records();
    let hello = 5 + usize::from(u16::from_be_bytes([records[3], records[4]]));
    assert_eq!(talk.hear(&records[..hello]).octets, 0);
    talk.listen();
    talk.client.writer().write_all(b"later").expect("a client that may write");
    let rest = [&records[hello..], &talk.records()].concat();
    let progress = talk.hear(&rest);
    assert_eq!((progress.octets, progress.early), (ASKED.len() + 5, ASKED.len()));
    assert!(progress.began_early && progress.opened);
}

#[test]
fn a_client_hello_that_is_played_again_brings_no_early_data() {
    let site = Site::new();
    let (tls, server) = site.server("16k");
    let client = acquainted(&tls, &server);
    let mut talk = Talk::new(&client, &server);
    talk.say_early(ASKED);
    let records = talk.records();
    assert_eq!(talk.hear(&records).early, ASKED.len());
    let progress = Talk::new(&client, &server).hear(&records);
    assert_eq!((progress.octets, progress.early, progress.began_early), (0, 0, false));
    assert!(progress.trouble.is_none(), "{:?}", progress.trouble);
}

#[test]
fn a_server_that_does_not_know_the_session_goes_on_without_early_data() {
    let site = Site::new();
    let (tls, server) = site.server("64k");
    for (again, length) in [("64k", 65_000), ("16k", 15_000), ("0", 15_000)] {
        let other = site.server(again).1;
        for every in [100, 1400, 30_000] {
            let mut talk = Talk::new(&acquainted(&tls, &server), &other);
            talk.say_early(&vec![b'x'; length]);
            talk.shake(every);
            assert!(!talk.client.is_early_data_accepted() && talk.heard.is_empty());
        }
    }
}

#[test]
fn more_early_data_than_was_allowed_ends_the_connection() {
    let site = Site::new();
    let (tls, server) = site.server("16k");
    let mut config = ServerConfig::clone(&server.config);
    config.max_early_data_size = 100;
    let mean = Conditions { config: Arc::new(config), asks_clients: false };
    let mut talk = Talk::new(&acquainted(&tls, &server), &mean);
    talk.say_early(&[b'x'; 101]);
    let records = talk.records();
    assert!(talk.hear(&records).trouble.is_some() && talk.server.is_over());
}

#[test]
fn where_it_is_off_there_are_tickets_and_none_allows_early_data() {
    let site = Site::new();
    let (tls, server) = site.server("0");
    assert!(server.config.ticketer.enabled() && !server.config.send_half_rtt_data);
    let mut talk = Talk::new(&acquainted(&tls, &server), &server);
    assert!(talk.client.early_data().is_none());
    talk.shake(usize::MAX);
    assert!(talk.server.is_resumed());
}

#[test]
fn a_full_handshake_ends_with_the_client_where_early_data_is_on() {
    let site = Site::new();
    let (tls, server) = site.server("16k");
    let mut talk = Talk::new(&client_of(&tls), &server);
    let records = talk.records();
    assert!(!talk.hear(&records).opened && talk.server.is_shaking());
    let refused = talk.server.encrypt(b"too soon", &mut talk.space.outgoing);
    assert!(refused.is_err());
    talk.listen();
    talk.shake(usize::MAX);
}
