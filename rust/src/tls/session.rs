//! One connection's TLS, without its socket: records in, octets of HTTP out, and the other way.

use super::given::{Certificate, Choice, Misbehaviour};
use super::hello;
use super::local;
use super::maker::Ticket;
use super::outgoing::{append, needs_encode, needs_encrypt};
use super::resolver::Prepared;
use super::trouble::Trouble;
use super::{Conditions, Terms};
use crate::connection::Key;
use rustls::HandshakeKind;
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::sign::CertifiedKey;
use rustls::unbuffered::{ConnectionState, EncryptError, UnbufferedStatus, WriteTraffic};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, OnceLock};

/// Room for the records that are received at a time.
const INCOMING: usize = 64 * 1024;

/// The most octets of HTTP that a record holds (RFC 8446 section 5.1).
const RECORD: usize = 16 * 1024;

/// Octets that a handshake may leave waiting: beyond it nobody means well.
const HANDSHAKE: usize = 32 * 1024;

/// More records than a server sends before it waits for the client.
const FLIGHT: usize = 16;

/// Alerts for a message that has no business where it came, and for one whose length is wrong (RFC 8446
/// section 6.2).
const UNEXPECTED_MESSAGE: u8 = 10;
const DECODE_ERROR: u8 = 50;

/// What the header, the tag and the padding of a record come to, and more.
const OVERHEAD: usize = 64;

/// A buffer for records that grew beyond this is not kept.
const KEEP: usize = 96 * 1024;

/// What one worker lends to whichever of its sessions has its turn.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) incoming: Box<[u8]>,
    pub(crate) outgoing: Vec<u8>,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        Workspace { incoming: vec![0; INCOMING].into_boxed_slice(), outgoing: Vec::new() }
    }

    /// Gives back what only the largest answers need.
    pub(crate) fn tidy(&mut self) {
        self.outgoing.shrink_to(KEEP);
    }
}

/// Where a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing has come yet.
    Fresh,
    Shaking,
    /// As before, but octets of HTTP have come ahead of the end (RFC 8446 section 2.3).
    Early,
    Open,
    /// The client speaks HTTP without TLS and is told so.
    Clear,
    /// Nothing more is said, as was asked for; the deadline of the handshake ends it.
    Mute,
    /// Nothing more is said or listened to.
    Over,
}

type Traffic<'c> = WriteTraffic<'c, ServerConnectionData>;

/// What is known of the certificate that the client wants.
enum Wish {
    /// Nothing yet.
    Unknown,
    /// It is being made, as long as this is held.
    Waits { _ticket: Ticket },
    /// It need not be waited for any more; what was decided.
    Known(Option<Choice>),
}

/// What came of some records.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Octets of HTTP.
    pub(crate) octets: usize,
    /// How many of them, the first ones, are early data.
    pub(crate) early: usize,
    /// They are the first early data.
    pub(crate) began_early: bool,
    /// The handshake has come to its end.
    pub(crate) opened: bool,
    pub(crate) trouble: Option<Trouble>,
}

/// The TLS of one connection. Idle, it holds its keys and no buffer.
pub(crate) struct Session {
    connection: UnbufferedServerConnection,
    phase: Phase,
    peer_closed: bool,
    said_goodbye: bool,
    /// Whether the client announces early data, once that is known and matters.
    announces_early: Option<bool>,
    /// Whole records wait in `kept`, for want of room or of a certificate.
    more: bool,
    wish: Wish,
    /// Records received and not used yet.
    kept: Vec<u8>,
    /// Records that the socket did not take.
    pub(crate) unsent: Vec<u8>,
    /// Octets of HTTP whose records stand in `unsent`.
    pub(crate) owed: usize,
    /// Octets of HTTP that were handed out and not used yet, and are early data.
    pub(crate) early: usize,
    /// The certificate that the client has shown, in DER; a turn that brings it may bring a request too,
    /// which looks here.
    pub(crate) certificate: Arc<OnceLock<Box<[u8]>>>,
}

impl Session {
    /// # Errors
    /// What rustls says of a configuration that cannot be.
    pub(crate) fn new(conditions: Conditions) -> Result<Self, rustls::Error> {
        Ok(Session {
            connection: UnbufferedServerConnection::new(conditions.config)?,
            phase: Phase::Fresh,
            peer_closed: false,
            said_goodbye: false,
            // A certificate may be longer than a record: what rustls leaves as it was may be the beginning.
            announces_early: conditions.asks_clients.then_some(false),
            more: false,
            wish: Wish::Unknown,
            kept: Vec::new(),
            unsent: Vec::new(),
            owed: 0,
            early: 0,
            certificate: Arc::default(),
        })
    }

    pub(crate) fn is_shaking(&self) -> bool {
        matches!(self.phase, Phase::Fresh | Phase::Shaking | Phase::Early)
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over | Phase::Clear | Phase::Mute)
    }

    pub(crate) fn is_clear(&self) -> bool {
        self.phase == Phase::Clear
    }

    pub(crate) fn peer_has_closed(&self) -> bool {
        self.peer_closed
    }

    /// Whether whole records wait to be looked at.
    pub(crate) fn has_more(&self) -> bool {
        self.more
    }

    /// Whether its certificate is being made; nothing is to be received until then.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.wish, Wish::Waits { .. })
    }

    /// Whether the records that have come can be gone through. At first they are kept until the hello is
    /// whole, and until its certificate is there.
    pub(crate) fn is_prepared(
        &mut self,
        terms: &Terms,
        records: &[u8],
        (socket, key): (&OwnedFd, Key),
    ) -> bool {
        if matches!(self.wish, Wish::Known(_)) {
            return true;
        }
        match terms.prepare(records, socket, key) {
            Some(Prepared::Ready(chosen)) => self.wish = Wish::Known(chosen),
            Some(Prepared::Waits(_ticket)) => {
                self.wish = Wish::Waits { _ticket };
                self.more = true;
            }
            None if records.len() > HANDSHAKE => self.wish = Wish::Known(None),
            None => {}
        }
        let is_known = matches!(self.wish, Wish::Known(_));
        if !is_known {
            self.keep(records);
        }
        is_known
    }

    /// Its certificate has been made, or cannot be.
    pub(crate) fn serve(&mut self, leaf: Option<Arc<CertifiedKey>>) {
        let chosen = leaf.map(|leaf| Choice::Certificate(Certificate(leaf)));
        self.wish = Wish::Known(Some(chosen.unwrap_or(Choice::Usual)));
    }

    pub(crate) fn is_resumed(&self) -> bool {
        self.connection.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// Octets of memory that its buffers hold.
    pub(crate) fn memory(&self) -> u64 {
        (self.kept.capacity() + self.unsent.capacity()) as u64
    }

    /// Nothing more is said or listened to.
    pub(crate) fn finish(&mut self) {
        self.phase = Phase::Over;
        self.kept = Vec::new();
    }

    /// The socket has taken `count` octets of the records that waited.
    pub(crate) fn sent(&mut self, count: usize) {
        self.unsent.drain(..count);
        if self.unsent.is_empty() {
            self.unsent = Vec::new();
        }
    }

    /// Moves what was kept to the front of `into`; how much that is.
    pub(crate) fn take_kept(&mut self, into: &mut [u8]) -> usize {
        let kept = std::mem::take(&mut self.kept);
        into[..kept.len()].copy_from_slice(&kept);
        kept.len()
    }

    pub(crate) fn keep(&mut self, records: &[u8]) {
        if !records.is_empty() {
            self.kept = records.to_vec();
        }
    }

    /// Whether the first octets are those of a request without TLS; from then on it goes without.
    pub(crate) fn speaks_http(&mut self, first: &[u8]) -> bool {
        let is_http =
            self.phase == Phase::Fresh && first.first().is_some_and(u8::is_ascii_uppercase);
        if is_http {
            self.phase = Phase::Clear;
        }
        is_http
    }

    /// Goes through the first `length` octets of the incoming records: octets of HTTP go to
    /// `buffer`, what TLS has to say to the outgoing records.
    pub(crate) fn process(
        &mut self,
        space: &mut Workspace,
        length: usize,
        buffer: &mut [u8],
        socket: &OwnedFd,
    ) -> Progress {
        let mut progress = Progress::default();
        if self.phase == Phase::Fresh {
            self.phase = Phase::Shaking;
        }
        // Who asks for no name gets a certificate for the address that it came to.
        let chosen = if let Wish::Known(chosen) = &self.wish { chosen.as_ref() } else { None };
        let _address = self.is_shaking().then(|| local::of(socket, chosen));
        self.more = false;
        let Workspace { incoming, outgoing } = space;
        let records = &mut incoming[..length];
        if self.announces_early.is_none() {
            self.announces_early = hello::announces_early_data(records);
        }
        let mut at = 0;
        loop {
            let end = at + self.reach(&records[at..]);
            let seen = &mut records[..end];
            let goes_on = self.step(&mut at, seen, buffer, outgoing, &mut progress);
            if goes_on && buffer.len() - progress.octets < RECORD {
                self.more = at < length;
                break;
            }
            if !goes_on && !self.passes(&mut at, &records[..end], length, &progress) {
                break;
            }
        }
        if let Some(trouble) = &progress.trouble {
            let trouble = trouble.clone();
            progress.trouble = match local::planned() {
                Some(how) => self.misbehave(how, outgoing),
                None => Some(self.last_words(trouble, &mut records[at..], outgoing)),
            };
        }
        if self.phase == Phase::Mute {
            return progress;
        }
        let left = &records[at..];
        let bound = if self.is_shaking() { HANDSHAKE } else { INCOMING - 1 };
        if progress.trouble.is_none() && left.len() > bound {
            // rustls waits for the rest and says nothing.
            outgoing.extend_from_slice(&Misbehaviour::Alert(DECODE_ERROR).record());
            progress.trouble = Some(Trouble::TooMuch);
        }
        if progress.trouble.is_some() {
            self.finish();
        } else {
            self.keep(left);
        }
        progress
    }

    /// How many of these octets rustls is shown. Where early data was announced it is one record at a
    /// time: rustls would try to decrypt those that it does not take with each look at them, and each
    /// time count them to what it puts up with.
    fn reach(&self, records: &[u8]) -> usize {
        match self.announces_early == Some(true) && self.is_shaking() {
            true => hello::first(records),
            false => records.len(),
        }
    }

    /// Whether there are records behind those that rustls has seen. One that it has left as it was is
    /// early data that it does not take (RFC 8446 section 4.2.10).
    fn passes(&self, at: &mut usize, seen: &[u8], length: usize, progress: &Progress) -> bool {
        if progress.trouble.is_some() || self.announces_early != Some(true) {
            return false;
        }
        if self.is_shaking() && hello::is_encrypted(&seen[*at..]) {
            *at = seen.len();
        }
        *at == seen.len() && *at < length
    }

    /// One step of rustls through `records`, of which those before `at` are used; whether there may
    /// be another one.
    fn step(
        &mut self,
        at: &mut usize,
        records: &mut [u8],
        buffer: &mut [u8],
        outgoing: &mut Vec<u8>,
        progress: &mut Progress,
    ) -> bool {
        let UnbufferedStatus { mut discard, state } =
            self.connection.process_tls_records(&mut records[*at..]);
        let goes_on = match state {
            Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                while let Some(record) = traffic.next_record() {
                    match record {
                        Ok(record) => {
                            let end = progress.octets + record.payload.len();
                            buffer[progress.octets..end].copy_from_slice(record.payload);
                            progress.octets = end;
                            discard += record.discard;
                        }
                        Err(error) => progress.trouble = Some(error.into()),
                    }
                }
                progress.trouble.is_none()
            }
            Ok(ConnectionState::ReadEarlyData(mut data)) => {
                while let Some(Ok(record)) = data.next_record() {
                    let end = progress.octets + record.payload.len();
                    buffer[progress.octets..end].copy_from_slice(record.payload);
                    progress.octets = end;
                    discard += record.discard;
                }
                progress.early = progress.octets;
                true
            }
            Ok(ConnectionState::EncodeTlsData(mut data)) => {
                append(outgoing, 1024, |room| data.encode(room).map_err(needs_encode)).is_ok()
            }
            Ok(ConnectionState::TransmitTlsData(data)) => {
                data.done();
                true
            }
            Ok(ConnectionState::PeerClosed) => {
                self.peer_closed = true;
                true
            }
            // A closed session has no more to say, one that may write or is blocked waits for more.
            Ok(_) => false,
            Err(error) => {
                progress.trouble = Some(error.into());
                false
            }
        };
        *at += discard;
        if self.is_shaking() && progress.trouble.is_none() {
            self.note_progress(progress);
        }
        goes_on
    }

    /// Whether the handshake has come to its end, or to early data.
    fn note_progress(&mut self, progress: &mut Progress) {
        if !self.connection.is_handshaking() {
            self.phase = Phase::Open;
            self.wish = Wish::Known(None);
            progress.opened = true;
        } else if progress.early > 0 && self.phase == Phase::Shaking {
            self.phase = Phase::Early;
            progress.began_early = true;
        } else {
            return;
        }
        // Of a session that is taken up, it is that of the first handshake.
        let shown = self.connection.peer_certificates().and_then(|chain| chain.first());
        if let Some(leaf) = shown {
            let _ = self.certificate.set(leaf.as_ref().into());
        }
    }

    /// Does what shall go wrong with the handshake, in place of what rustls wants to say.
    fn misbehave(&mut self, how: Misbehaviour, outgoing: &mut Vec<u8>) -> Option<Trouble> {
        outgoing.extend_from_slice(&how.record());
        if matches!(how, Misbehaviour::Alert(_)) {
            return Some(Trouble::Planned);
        }
        self.phase = Phase::Mute;
        None
    }

    /// Says what is wrong, and before it what rustls wanted to say: a ServerHello where the error came
    /// after it. To ask behind the alert would have rustls look at the same records again, which it does
    /// not allow. Some errors it has no alert for: in the handshake one may go in the clear.
    fn last_words(
        &mut self,
        trouble: Trouble,
        records: &mut [u8],
        outgoing: &mut Vec<u8>,
    ) -> Trouble {
        for _ in 0..FLIGHT {
            let state = self.connection.process_tls_records(records).state;
            let Ok(ConnectionState::EncodeTlsData(mut data)) = state else { break };
            let start = outgoing.len();
            let room = |room: &mut [u8]| data.encode(room).map_err(needs_encode);
            if append(outgoing, OVERHEAD, room).is_err() || hello::is_alert(&outgoing[start..]) {
                return trouble;
            }
        }
        match trouble {
            Trouble::Protocol(error) if self.is_shaking() => {
                let alert = match error {
                    rustls::Error::InvalidMessage(_) => DECODE_ERROR,
                    _ => UNEXPECTED_MESSAGE,
                };
                outgoing.extend_from_slice(&Misbehaviour::Alert(alert).record());
                Trouble::Protocol(error)
            }
            Trouble::Protocol(error) => Trouble::Unsaid(error),
            other => other,
        }
    }

    /// Appends the records of `chunk` to `outgoing`.
    ///
    /// # Errors
    /// `BrokenPipe` where TLS has come to its end.
    pub(crate) fn encrypt(&mut self, chunk: &[u8], outgoing: &mut Vec<u8>) -> io::Result<()> {
        if !self.may_write() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let room = chunk.len() + OVERHEAD * (chunk.len() / RECORD + 2);
        self.write(outgoing, room, |traffic, room| traffic.encrypt(chunk, room))
    }

    /// Appends close_notify to `outgoing` where it is due, for the first time; whether it did.
    pub(crate) fn close(&mut self, outgoing: &mut Vec<u8>) -> bool {
        if !self.may_write() {
            return false;
        }
        self.said_goodbye = true;
        let said = self.write(outgoing, OVERHEAD, |traffic, room| traffic.queue_close_notify(room));
        self.finish();
        said.is_ok()
    }

    fn may_write(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Early) && !self.said_goodbye
    }

    /// Has rustls write into `outgoing`, behind what it wanted to say before.
    fn write(
        &mut self,
        outgoing: &mut Vec<u8>,
        room: usize,
        mut write: impl FnMut(&mut Traffic<'_>, &mut [u8]) -> Result<usize, EncryptError>,
    ) -> io::Result<()> {
        // Whole records that wait have their turn later; a part of one has to be there again.
        let waiting = if self.more { &mut [][..] } else { &mut self.kept[..] };
        loop {
            match self.connection.process_tls_records(waiting).state {
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    append(outgoing, 1024, |room| data.encode(room).map_err(needs_encode))?;
                }
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed) => self.peer_closed = true,
                Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                    return append(outgoing, room, |room| {
                        write(&mut traffic, room).map_err(needs_encrypt)
                    });
                }
                Ok(_) | Err(_) => return Err(io::ErrorKind::BrokenPipe.into()),
            }
        }
    }
}
