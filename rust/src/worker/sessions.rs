//! The TLS sessions of one worker, beside its pool: where no listener speaks TLS there is nothing.

use super::http2::Http2;
use super::preface;
use super::secure::Secure;
use super::transport::Plain;
use super::turn::{Fate, Start, Turn};
use crate::clients::PeerAddress;
use crate::config::LogLevel;
use crate::connection::{Buffers, Context, Layer, Machine};
use crate::log::Log;
use crate::responder::Secured;
use crate::sys::{heap, socket};
use crate::tls::{LeafInUse, Session, Terms, Trouble, Workspace};
use std::io;
use std::os::fd::OwnedFd;

/// The first octet of a TLS handshake record (RFC 8446 section 5.1).
const HANDSHAKE_RECORD: u8 = 0x16;

/// Sessions that were open at once from which on it is worth to give their memory back.
const MANY: u32 = 1024;

/// Sessions for which room is made at a time; one takes some 4 KiB.
const FEW: u32 = 16;

/// The sessions by the slot of their connection, and what they need.
pub(super) struct Sessions {
    terms: Option<Terms>,
    table: Vec<Option<Box<Session>>>,
    open: u32,
    /// The most that were open since memory was given back.
    most: u32,
    space: Option<Box<Workspace>>,
}

impl Sessions {
    pub(super) fn new(terms: Option<Terms>) -> Self {
        let space = terms.as_ref().map(|_| Box::new(Workspace::new()));
        Sessions { terms, table: Vec::new(), open: 0, most: 0, space }
    }

    /// The certificate that the connection in slot `index` waits for has been made, or cannot be.
    pub(super) fn serve(&mut self, index: u32, leaf: Option<LeafInUse>) {
        if let Some(session) = self.table.get_mut(index as usize).and_then(Option::as_mut) {
            session.serve(leaf);
        }
    }

    /// The connection in slot `index` is gone.
    pub(super) fn remove(&mut self, index: u32, buffers: &mut Buffers) {
        if let Some(session) = self.table.get_mut(index as usize).and_then(Option::take) {
            buffers.account_records(session.memory(), 0);
            self.open -= 1;
        }
    }

    /// Has the allocator give back what most sessions had, when three of four are gone, or the last of them.
    pub(super) fn give_back(&mut self) {
        let least = if self.open == 0 { MANY / 4 } else { MANY };
        if self.most >= least && self.open <= self.most / 4 {
            self.most = self.open;
            heap::give_back();
        }
    }

    /// A turn of a connection that speaks TLS, or may, or HTTP/2.
    #[inline(never)]
    pub(super) fn run(
        &mut self,
        (socket, machine, layer): (&OwnedFd, &mut Machine, &mut Layer),
        scratch: &mut [u8],
        mut cx: Context<'_>,
        start: Start<'_>,
        http2: &mut Http2,
    ) -> Option<Fate> {
        if machine.awaits_header() {
            if let Some(fate) = preface::read(socket, machine, scratch, &mut cx, &start) {
                return Some(fate);
            }
            let introduced = !machine.awaits_header();
            if introduced && *layer == Layer::Tls && !self.begin(machine, layer, cx.key.index) {
                return Some(Fate::Close);
            }
        }
        if *layer == Layer::Auto && !machine.awaits_header() {
            match begins_with(socket) {
                Ok(Some(HANDSHAKE_RECORD)) => {
                    if !self.begin(machine, layer, cx.key.index) {
                        return Some(Fate::Close);
                    }
                }
                Ok(_) => *layer = Layer::Plain,
                // Nothing has come; what is not about that can be done without knowing.
                Err(_) if matches!(start, Start::Ready(_)) => {
                    return Some(Fate::Stay { moved: false });
                }
                Err(_) => {}
            }
        }
        if *layer == Layer::Http2 {
            return http2.run(&mut Plain::new(socket), machine, scratch, cx, start);
        }
        if !matches!(*layer, Layer::Tls | Layer::TlsHttp2) || machine.awaits_header() {
            let transport = Plain::new(socket);
            return Turn { transport, machine, scratch, cx, moved: false, exhaust: false }
                .run(start);
        }
        let key = cx.key;
        let session = self.table.get_mut(key.index as usize).and_then(Option::as_mut);
        let (Some(session), Some(space), Some(terms)) = (session, &mut self.space, &self.terms)
        else {
            return Some(Fate::Close);
        };
        let (stats, before) = (cx.stats, session.memory());
        let certificate = session.certificate.clone();
        let secured = Secured { certificate: &certificate };
        let mut cx = Context { secured: Some(secured), ..cx };
        // What a turn that failed left unsent was for another client.
        space.outgoing.clear();
        let (opened, trouble) = (false, None);
        let mut secure = Secure { socket, session, space, terms, key, stats, opened, trouble };
        if secure.flush().is_err() {
            return Some(Fate::Reset);
        }
        let fate = if *layer == Layer::TlsHttp2 {
            http2.run(&mut secure, machine, scratch, cx.of_stream(key), start)
        } else {
            let (transport, cx) = (&mut secure, cx.of_stream(key));
            Turn { transport, machine, scratch, cx, moved: false, exhaust: false }.run(start)
        };
        if let Some(trouble) = &secure.trouble {
            let client = cx.peer().address().ip();
            if let (Some(alert), Some(client)) = (trouble.distrust(), client) {
                terms.distrust.note(client, alert);
            }
            report(trouble, &cx);
        }
        let fate = if secure.send_records().is_err() { Some(Fate::Reset) } else { fate };
        let fits = cx.buffers.account_records(before, secure.session.memory());
        if fits { fate } else { Some(Fate::Close) }
    }

    /// Takes in a connection whose first octets are to be TLS; whether it could.
    pub(super) fn begin(&mut self, machine: &mut Machine, layer: &mut Layer, index: u32) -> bool {
        let Some(terms) = &self.terms else { return false };
        let Ok(session) = Session::new(terms.config.clone()) else { return false };
        let index = index as usize;
        if index >= self.table.len() {
            self.table.resize_with(index + 1, || None);
        }
        if self.table[index].replace(Box::new(session)).is_none() {
            self.open += 1;
            if self.open > self.most {
                self.most = self.open;
                if self.most.is_multiple_of(FEW) {
                    heap::make_room();
                }
            }
        }
        *layer = Layer::Tls;
        machine.begin_handshake();
        true
    }
}

/// The first octet that has come, which stays where it is; `None` at the end of the stream.
fn begins_with(socket: &OwnedFd) -> io::Result<Option<u8>> {
    let mut first = [0];
    let count = socket::peek(socket, &mut first)?;
    Ok((count > 0).then_some(first[0]))
}

/// Tells the operator who does not get along with us.
#[cold]
fn report(trouble: &Trouble, cx: &Context<'_>) {
    if cx.settings.log_level < LogLevel::Info {
        return;
    }
    let Some(held_back) = cx.limiter.admit() else { return };
    let peer = match cx.peer().address() {
        PeerAddress::UNKNOWN => "a client that has left".to_owned(),
        known => known.to_string(),
    };
    let hint = if trouble.distrust().is_some() { ": does it trust the CA?" } else { "" };
    Log::new(cx.settings.log_level)
        .info(format_args!("TLS with {peer}: {trouble}{hint} ({held_back} more like this)"));
}
