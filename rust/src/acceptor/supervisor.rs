//! The thread that accepts and deals, watches the workers and acts on notices.

use super::{Accepting, Burst, Dealer, Listener};
use crate::config::Settings;
use crate::connection::Layer;
use crate::log::Log;
use crate::server::Notices;
use crate::server::notice::{DRAIN, DUMP_STATS, QUIT, RELOAD, STOP, TERMINATE};
use crate::stats::Cells;
use crate::sys::{clock, eventfd::EventFd};
use crate::worker::{Handle, Message};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;

/// The token of the notices; listeners count from 0.
const NOTICES: Token = Token(usize::MAX);

/// What the supervisor asks of the server around it.
pub(crate) trait Work: Send + Sync {
    /// Draining has begun.
    fn draining(&self);
    /// The grace given to a drain.
    fn drain_grace(&self) -> Option<Duration>;
    /// Write the statistics to standard error.
    fn dump_stats(&self);
    /// Read rules and files again.
    fn reload(&self);
    /// Where lines for the operator go.
    fn log(&self) -> Log;
    /// How often [`Work::beat`] is wanted, if it is.
    fn beat_interval(&self) -> Option<Duration> {
        None
    }
    /// Every worker moves.
    fn beat(&self) {}
}

/// The supervisor's thread.
pub(crate) struct Supervisor<W> {
    poll: Poll,
    notices: Arc<Notices>,
    listeners: Vec<Arc<Listener>>,
    workers: Vec<Arc<Handle>>,
    dealer: Dealer,
    accepting: Accepting,
    stats: Arc<Cells>,
    work: W,
    health: Duration,
    draining: bool,
    stopping: bool,
    log: Log,
}

impl<W: Work> Supervisor<W> {
    /// A supervisor of `workers` that accepts from `listeners` itself.
    pub(crate) fn new(
        notices: Arc<Notices>,
        eventfd: &EventFd,
        listeners: Vec<Arc<Listener>>,
        workers: Vec<Arc<Handle>>,
        stats: Arc<Cells>,
        settings: &Settings,
        work: W,
    ) -> io::Result<Self> {
        let (stall, log) = (settings.worker_stall, work.log());
        let beat = work.beat_interval();
        let poll = Poll::new()?;
        let fd = eventfd.as_raw_fd();
        poll.registry().register(&mut SourceFd(&fd), NOTICES, Interest::READABLE)?;
        for (at, listener) in listeners.iter().enumerate() {
            let fd = listener.as_raw_fd();
            poll.registry().register(&mut SourceFd(&fd), Token(at), Interest::READABLE)?;
        }
        Ok(Supervisor {
            poll,
            notices,
            listeners,
            dealer: Dealer::new(&workers, stall, log.clone()),
            workers,
            accepting: Accepting::new(log.clone()),
            stats,
            work,
            // Often enough that a stall is seen before it has lasted twice its limit.
            health: beat.map_or(stall, |interval| interval.min(stall)),
            draining: false,
            stopping: false,
            log,
        })
    }

    /// Accepts until every worker has ended.
    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(64);
        let mut more = !self.listeners.is_empty();
        let mut checked = clock::monotonic_ms();
        while !self.workers.iter().all(|worker| worker.has_ended()) {
            let pause = self.accepting.pause_left();
            let timeout = match pause {
                Some(left) if more => left.min(self.health),
                None if more => Duration::ZERO,
                _ => self.health,
            };
            match self.poll.poll(&mut events, Some(timeout)) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.log.error(format_args!("the acceptor cannot wait for events: {error}"));
                    self.stop();
                    break;
                }
            }
            let now = clock::monotonic_ms();
            if u128::from(now - checked) * 4 >= self.health.as_millis() {
                checked = now;
                if self.dealer.check_health(&self.stats) {
                    self.work.beat();
                }
            }
            for event in &events {
                match event.token() {
                    NOTICES => self.act_on_notices(),
                    _ => more = true,
                }
            }
            if more && self.accepting.pause_left().is_none() {
                more = self.accept();
            }
        }
    }

    /// One burst from each listener; whether there may be more.
    fn accept(&mut self) -> bool {
        let mut more = false;
        for listener in &self.listeners {
            let dealer = &mut self.dealer;
            let burst = self.accepting.burst(listener, &self.stats, |connection| {
                dealer.deal(connection, listener.number());
            });
            more |= burst != Burst::Empty;
        }
        let stats = &self.stats;
        let date = crate::http::DateLine::new(clock::unix_time().0);
        let listeners = &self.listeners;
        self.dealer.hand_over(|connection, number| {
            let listener = listeners.iter().find(|listener| listener.number() == number);
            let layer = listener.map_or(Layer::Plain, |listener| listener.layer());
            super::shed::turn_away(connection, layer, &date, stats);
        });
        more
    }

    fn act_on_notices(&mut self) {
        let bits = self.notices.take();
        if bits & DUMP_STATS != 0 {
            self.work.dump_stats();
        }
        if bits & RELOAD != 0 {
            self.work.reload();
        }
        let second = bits & QUIT != 0 || (bits & TERMINATE != 0 && self.draining);
        if bits & STOP != 0 || second {
            self.stop();
        } else if bits & (DRAIN | TERMINATE) != 0 {
            self.drain();
        }
    }

    fn drain(&mut self) {
        if self.draining || self.stopping {
            return;
        }
        self.draining = true;
        // Closing a listener resets what waits in its queue: take it in first.
        while self.accepting.pause_left().is_none() && self.accept() {}
        self.listeners.clear();
        self.work.draining();
        for worker in &self.workers {
            worker.tell(Message::Drain(self.work.drain_grace()));
        }
    }

    fn stop(&mut self) {
        if self.stopping {
            return;
        }
        self.stopping = true;
        self.listeners.clear();
        for worker in &self.workers {
            worker.tell(Message::Stop);
        }
    }
}
