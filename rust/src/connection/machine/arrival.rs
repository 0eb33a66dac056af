//! Whose connection it is: the PROXY header that stands before its first request, and the limits
//! of its client.

use super::requests::Step;
use super::{AWAITS_HEADER, Context, Machine, Next};
use crate::clients::{Crowded, Peer, PeerAddress, Place};
use crate::connection::Key;
use crate::http::Refusal;
use crate::http::proxy::{self, Parsed, Source};

impl<'w> Context<'w> {
    /// The same for a stream of the connection.
    #[inline]
    pub(crate) fn of_stream(&mut self, key: Key) -> Context<'_> {
        Context {
            settings: self.settings,
            responder: self.responder,
            stats: self.stats,
            date: self.date,
            buffers: self.buffers,
            alarms: self.alarms,
            out: self.out,
            post: self.post,
            key,
            client: self.client,
            peer: self.peer,
            guests: self.guests,
            draining: self.draining,
            limiter: self.limiter,
            watchers: self.watchers,
            repeats: self.repeats,
            secured: self.secured,
        }
    }

    /// Where the address of the client can be had: what a PROXY header said, else of the socket.
    #[inline]
    pub(crate) fn peer(&self) -> Peer<'w> {
        self.guests.peer(self.client.index, self.peer)
    }
}

/// What stands at the beginning of a connection that begins with a PROXY header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Introduction {
    /// A whole header of so many octets; the client may come in.
    Complete(usize),
    /// The beginning of one.
    Partial,
    /// Something else. It is counted and told.
    Malformed,
    /// A whole header of a client who has too many connections.
    Crowded,
}

impl Machine {
    /// Octets arrived of a connection whose PROXY header is not whole yet; `input` is all of them.
    #[cold]
    pub(super) fn read_header(&mut self, input: &[u8], cx: &mut Context<'_>) -> Next {
        match self.introduce(input, cx) {
            Introduction::Complete(len) => self.received(&input[len..], input.len() - len, cx),
            Introduction::Partial => self.finish(Next::Receive, input, cx),
            Introduction::Malformed => self.finish(Next::Close, b"", cx),
            Introduction::Crowded => {
                let Step::Stop(_, next) = self.refuse(Refusal::ClientConnections, b"", cx) else {
                    return Next::Close;
                };
                self.finish(next, b"", cx)
            }
        }
    }

    /// Takes the PROXY header at the beginning of `input`, all that has come.
    pub(crate) fn introduce(&mut self, input: &[u8], cx: &mut Context<'_>) -> Introduction {
        match proxy::parse(input) {
            Parsed::Partial => Introduction::Partial,
            Parsed::Malformed => {
                cx.stats.refused_proxy_header.add(1);
                cx.guests.clients().warn(|held_back| {
                    let who = cx.peer().address();
                    format!("no valid PROXY header from {who} ({held_back} more like this)")
                });
                Introduction::Malformed
            }
            Parsed::Complete { len, source } => {
                self.listener &= !AWAITS_HEADER;
                match enter(source, cx) {
                    Ok(()) => Introduction::Complete(len),
                    Err(Crowded) => Introduction::Crowded,
                }
            }
        }
    }
}

/// The connection is that of `source`.
fn enter(source: Source, cx: &mut Context<'_>) -> Result<(), Crowded> {
    let address = match source {
        Source::Client(address) => PeerAddress::inet(address),
        Source::Unix => PeerAddress::UNIX,
        // The proxy is trusted, and these are its own.
        Source::Connection => {
            cx.guests.seat(cx.client.index, Some(Place::FREE));
            return Ok(());
        }
    };
    cx.guests.name(cx.client.index, address);
    let entered = cx.guests.enter(address, &cx.settings.clients, cx.alarms.now, cx.stats);
    if entered.is_err() {
        cx.guests.clients().note_crowded(address);
    }
    cx.guests.seat(cx.client.index, entered?);
    Ok(())
}

/// Whether the client has made more requests than it may; one more is counted where it has not.
pub(super) fn is_over_rate(cx: &Context<'_>) -> bool {
    let may = cx.guests.spend(cx.client.index, &cx.settings.clients, cx.alarms.now);
    if !may {
        cx.guests.clients().warn(|held_back| {
            let who = cx.peer().address();
            format!("{who} makes more requests than rate_per_client ({held_back} more like this)")
        });
    }
    !may
}
