//! HTTP/2 on a worker: its connections and their streams have their turns here.
//!
//! | file | idea |
//! | --- | --- |
//! | `turn` | what a connection does with its readiness |
//! | `exchange` | one stream's turn |
//! | `wire` | a stream as the transport of an HTTP/1 machine |
//! | `streams` | the streams that wait for something, and the keys that name them |

mod exchange;
mod streams;
mod turn;
mod wire;

use super::transport::Transport;
use super::turn::{Fate, Start};
use crate::clients::Peer;
use crate::config::Settings;
use crate::connection::{Buffers, Context, Key, Machine, Watchers};
use crate::http2::{Bounds, Heads, Session, Space};
use streams::Streams;
use turn::Turn;

/// What the turns of one worker share.
struct Tools {
    space: Space,
    heads: Heads,
    /// Room for what a stream's machine receives at a time.
    scratch: Box<[u8]>,
    /// Lent to whichever connection has something to say.
    out: Vec<u8>,
}

/// The HTTP/2 of one worker, beside its pool; where nobody speaks it there is nothing.
#[derive(Default)]
pub(in crate::worker) struct Http2 {
    sessions: Vec<Option<Box<Session>>>,
    streams: Streams,
    tools: Option<Box<Tools>>,
}

/// What bounds a connection now.
fn bounds(settings: &Settings, now: u64) -> Bounds {
    Bounds { max_head: settings.limits.max_head, max_streams: settings.http2_max_streams, now }
}

impl Http2 {
    /// The connection in slot `index` speaks HTTP/2 from now on, of which these octets have come.
    /// A stream receives in `room` octets.
    pub(in crate::worker) fn begin(
        &mut self,
        index: u32,
        octets: Vec<u8>,
        settings: &Settings,
        (now, room): (u64, usize),
    ) {
        self.tools.get_or_insert_with(|| {
            Box::new(Tools {
                space: Space::default(),
                heads: Heads::default(),
                scratch: vec![0; room].into_boxed_slice(),
                out: Vec::new(),
            })
        });
        let index = index as usize;
        if index >= self.sessions.len() {
            self.sessions.resize_with(index + 1, || None);
        }
        let mut session = Box::new(Session::new(&bounds(settings, now)));
        session.kept = octets;
        self.sessions[index] = Some(session);
    }

    /// The connection that a stream belongs to.
    pub(in crate::worker) fn connection_of(&self, stream: Key) -> Option<Key> {
        self.streams.get(stream).map(|stream| stream.connection)
    }

    /// A turn of a connection that speaks HTTP/2.
    pub(in crate::worker) fn run<T: Transport>(
        &mut self,
        transport: &mut T,
        machine: &mut Machine,
        scratch: &mut [u8],
        cx: Context<'_>,
        start: Start<'_>,
    ) -> Option<Fate> {
        let session = self.sessions.get_mut(cx.key.index as usize).and_then(Option::as_mut);
        let (Some(session), Some(tools)) = (session, self.tools.as_mut()) else {
            return Some(Fate::Close);
        };
        let before = session.accounted;
        let streams = &mut self.streams;
        let mut turn = Turn::new(transport, machine, session, streams, tools, scratch, cx);
        let fate = turn.run(start);
        let after = turn.session.memory() + streams::memory(&turn.session.open, turn.streams);
        let fits = turn.cx.buffers.account_records(before, after);
        turn.session.accounted = after;
        if fits { fate } else { Some(Fate::Close) }
    }

    /// The connection in slot `index` is gone, and all its streams.
    pub(in crate::worker) fn remove(
        &mut self,
        index: u32,
        (key, peer): (Key, Peer<'_>),
        watchers: &mut Watchers,
        buffers: &mut Buffers,
    ) {
        let Some(session) = self.sessions.get_mut(index as usize).and_then(Option::take) else {
            return;
        };
        buffers.account_records(session.accounted, 0);
        for open in &session.open {
            if let Some(mut stream) = self.streams.take(open.slot) {
                stream.forsake(key, peer, watchers, buffers);
            }
        }
    }
}
