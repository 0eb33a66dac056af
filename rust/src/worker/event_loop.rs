//! Waits for events and hands them out.

use super::batch;
use super::connections::Connections;
use super::handle::{Handle, Message, enter_server};
use super::tokens::{self, Source};
use crate::acceptor::{Accepting, Burst, Listener};
use crate::access_log::Home;
use crate::clients::Clients;
use crate::config::Settings;
use crate::connection::Layer;
use crate::log::Log;
use crate::responder::Responder;
use crate::stats::Cells;
use crate::sys::{clock, descriptors, eventfd::EventFd, timerfd::TimerFd};
use crate::tls::Tls;
use arc_swap::ArcSwap;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// Events taken from the kernel at a time.
const EVENTS: usize = 1024;

/// How often a worker that drains looks at the clock, at least.
const DRAIN_TICK: Duration = Duration::from_millis(50);

/// Everything a worker needs to begin.
pub(crate) struct Setup {
    /// The server's number in this process.
    pub(crate) server: u64,
    pub(crate) index: usize,
    pub(crate) settings: Arc<Settings>,
    /// Connections that the pool can hold.
    pub(crate) capacity: u32,
    /// Connections beyond the capacity that linger after their 503, so that the client can read it.
    pub(crate) turned_away: u32,
    /// Whether a full pool closes a connection that is slow in favour of a new one, where none is
    /// idle: every whole request is answered then, whoever holds connections open.
    pub(crate) evicts_slow: bool,
    pub(crate) responder: Arc<ArcSwap<Responder>>,
    /// Whose connections they are, of all workers.
    pub(crate) clients: Arc<Clients>,
    /// The listeners, by number, whose connections begin with a PROXY header.
    pub(crate) proxied: Arc<[bool]>,
    pub(crate) handle: Arc<Handle>,
    pub(crate) poll: Poll,
    /// In the poll already.
    pub(crate) timer: TimerFd,
    /// What each listener speaks, by its number.
    pub(crate) layers: Arc<[Layer]>,
    /// Where one of them speaks TLS.
    pub(crate) tls: Option<Arc<Tls>>,
    /// Listeners that this worker accepts from itself.
    pub(crate) listeners: Vec<Arc<Listener>>,
    /// Rung when the worker has ended.
    pub(crate) supervisor: Arc<EventFd>,
    /// Where the worker shall have a table of descriptors of its own.
    pub(crate) leaving: Option<Leaving>,
    /// Where the worker finds what it records answers with.
    pub(crate) access_log: Home,
    pub(crate) log: Log,
}

/// What a worker was told and has not finished: survives a panic.
#[derive(Default)]
struct Orders {
    messages: VecDeque<Message>,
    draining: bool,
    /// When draining ends, in milliseconds; `None` is never.
    drain_end: Option<u64>,
    stop: bool,
}

/// Makes a worker's timer, once: a worker that starts afresh after a panic may find no descriptor
/// left for another.
pub(crate) fn add_timer(poll: &Poll) -> io::Result<TimerFd> {
    let timer = TimerFd::new()?;
    let fd = timer.as_raw_fd();
    poll.registry().register(&mut SourceFd(&fd), tokens::TIMER, Interest::READABLE)?;
    Ok(timer)
}

/// A worker's thread. A panic closes its connections and starts it afresh.
pub(crate) fn run(mut setup: Setup) {
    enter_server(setup.server);
    if let Some(leaving) = setup.leaving.take() {
        leaving.leave(&setup);
    }
    let mut orders = Orders::default();
    loop {
        let turns = || EventLoop::new(&mut setup, &mut orders).run();
        match catch_unwind(AssertUnwindSafe(turns)) {
            Ok(Ok(())) => break,
            Ok(Err(error)) => {
                setup.log.error(format_args!("worker {}: {error}; it ends", setup.index));
                break;
            }
            Err(_) => {
                setup.handle.stats.worker_restarts.add(1);
                let index = setup.index;
                setup.log.error(format_args!("worker {index} panicked and is started afresh"));
            }
        }
    }
    reset_gauges(&setup.handle.stats);
    setup.handle.pulse.idle();
    setup.handle.end();
    setup.supervisor.ring();
}

/// What a worker needs to leave the table of descriptors that threads share.
pub(crate) struct Leaving {
    /// Descriptors that are not this worker's.
    pub(crate) others: Vec<RawFd>,
    /// Told whether it has left.
    pub(crate) told: Sender<bool>,
}

impl Leaving {
    fn leave(self, setup: &Setup) {
        let left = descriptors::leave_shared_table(&self.others);
        if let Err(error) = &left {
            let index = setup.index;
            setup.log.warn(format_args!("worker {index}: private_descriptors: {error}"));
        }
        // Nobody listens where starting has failed: then all ends.
        let _ = self.told.send(left.is_ok());
    }
}

impl Setup {
    /// Descriptors that the worker alone uses.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = RawFd> {
        let listeners = self.listeners.iter().map(|listener| listener.as_raw_fd());
        listeners.chain([self.poll.as_raw_fd(), self.timer.as_raw_fd()])
    }
}

struct EventLoop<'s> {
    setup: &'s mut Setup,
    orders: &'s mut Orders,
    connections: Connections,
    accepting: Accepting,
    timer_armed: bool,
    /// A listener may have more: its burst was cut off.
    listeners_ready: bool,
}

impl<'s> EventLoop<'s> {
    fn new(setup: &'s mut Setup, orders: &'s mut Orders) -> Self {
        reset_gauges(&setup.handle.stats);
        setup.handle.stats.pool_capacity.set(setup.capacity.into());
        let connections = Connections::new(setup, orders.draining);
        let registry = setup.poll.registry();
        for (at, listener) in setup.listeners.iter().enumerate() {
            let fd = listener.as_raw_fd();
            // After a restart it stands in the poll already; what waits there is asked for below.
            let _ =
                registry.register(&mut SourceFd(&fd), tokens::of_listener(at), Interest::READABLE);
        }
        EventLoop {
            accepting: Accepting::new(setup.log.clone()),
            connections,
            // Whatever a worker before this one armed.
            timer_armed: false,
            listeners_ready: true,
            setup,
            orders,
        }
    }

    fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        self.setup.handle.pulse.busy(self.connections.now());
        // What was told before a panic comes first; the ring for more may have been lost in it.
        self.obey();
        self.listen_to_orders();
        while !self.is_finished() {
            self.arm_timer()?;
            let timeout = self.timeout();
            batch::end();
            self.setup.handle.pulse.idle();
            match self.setup.poll.poll(&mut events, timeout) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            let now = clock::monotonic_ms();
            self.setup.handle.pulse.busy(now);
            self.connections.set_time(now);
            for event in &events {
                match tokens::source(event.token()) {
                    Source::Connection { index, generation } => {
                        self.connections.on_event(index, generation, event);
                    }
                    Source::Waker => self.listen_to_orders(),
                    Source::Timer => self.tick(),
                    Source::Listener(_) => self.listeners_ready = true,
                }
            }
            self.accept();
            self.connections.go_on();
        }
        self.connections.close_all();
        Ok(())
    }

    fn is_finished(&self) -> bool {
        self.orders.stop || (self.orders.draining && self.connections.is_empty())
    }

    /// How long the poll may wait.
    fn timeout(&mut self) -> Option<Duration> {
        if self.connections.has_work() {
            return Some(Duration::ZERO);
        }
        let alarm = self.connections.alarm_left();
        match self.accepting.pause_left() {
            Some(left) => Some(alarm.map_or(left, |alarm| alarm.min(left))),
            None if self.listeners_ready && !self.setup.listeners.is_empty() => {
                Some(Duration::ZERO)
            }
            None => alarm,
        }
    }

    /// The timer runs only while somebody may run out of time.
    fn arm_timer(&mut self) -> io::Result<()> {
        let wanted = self.connections.has_deadlines() || self.orders.drain_end.is_some();
        if wanted && !self.timer_armed {
            self.setup.timer.set(self.connections.tick_period())?;
            self.timer_armed = true;
        }
        Ok(())
    }

    fn tick(&mut self) {
        self.setup.timer.clear();
        self.connections.sweep();
        if self.orders.drain_end.is_some_and(|end| self.connections.now() >= end) {
            let left = self.connections.close_all();
            self.setup.handle.stats.timeouts_drain.add(left);
        } else if !self.connections.has_deadlines() && self.orders.drain_end.is_none() {
            // Disarmed here and not when the last connection goes: those that come and go within
            // a tick would arm and disarm it each time.
            self.timer_armed = self.setup.timer.set(Duration::ZERO).is_err();
        }
    }

    fn listen_to_orders(&mut self) {
        if self.orders.messages.is_empty() {
            self.setup.handle.take_messages(&mut self.orders.messages);
        }
        self.obey();
    }

    fn obey(&mut self) {
        while let Some(message) = self.orders.messages.pop_front() {
            match message {
                Message::Connection(socket, listener) => {
                    self.connections.adopt(socket, listener, self.setup.poll.registry());
                }
                Message::Delivery(key, delivery) => self.connections.deliver(key, delivery),
                Message::Certificate { key, leaf, made } => {
                    self.connections.certify(key, leaf, made);
                }
                Message::Gone => self.setup.handle.stats.deferred_gone.add(1),
                Message::Refresh => self.connections.refresh(),
                Message::Survey(survey) => self.connections.survey(survey),
                Message::Settings(settings) => self.change_settings(settings),
                Message::Drain(grace) => self.drain(grace),
                Message::Stop => self.orders.stop = true,
            }
        }
    }

    fn change_settings(&mut self, settings: Arc<Settings>) {
        self.setup.settings = settings.clone();
        self.connections.change_settings(settings);
        // Armed again as the new timeouts want it; a drain has it tick fast enough.
        self.timer_armed &= self.orders.draining;
    }

    fn drain(&mut self, grace: Option<Duration>) {
        let now = self.connections.now();
        self.orders.draining = true;
        // The end of the grace shall not wait for a tick of a second.
        let period = self.connections.tick_period().min(DRAIN_TICK);
        self.timer_armed = self.setup.timer.set(period).is_ok();
        self.orders.drain_end = grace
            .map(|grace| now.saturating_add(u64::try_from(grace.as_millis()).unwrap_or(u64::MAX)));
        // Closing a listener resets what waits in its queue: take it in first.
        self.listeners_ready = true;
        while self.listeners_ready && self.accepting.pause_left().is_none() {
            self.accept();
        }
        self.setup.listeners.clear();
        self.listeners_ready = false;
        self.connections.drain();
    }

    /// Accepts from this worker's own listeners.
    fn accept(&mut self) {
        if !self.listeners_ready || self.accepting.pause_left().is_some() {
            return;
        }
        self.listeners_ready = false;
        for listener in &self.setup.listeners {
            let connections = &mut self.connections;
            let registry = self.setup.poll.registry();
            let burst = self.accepting.burst(listener, &self.setup.handle.stats, |socket| {
                connections.adopt(socket, listener.number(), registry);
            });
            self.listeners_ready |= burst != Burst::Empty;
        }
    }
}

/// What a worker that ends or starts afresh no longer has.
fn reset_gauges(stats: &Cells) {
    for gauge in [
        &stats.connections_open,
        &stats.connections_reading,
        &stats.connections_processing,
        &stats.connections_writing,
        &stats.connections_keepalive,
        &stats.connections_closing,
        &stats.connections_handshake,
        &stats.pool_capacity,
        &stats.buffers_lent,
        &stats.body_memory,
    ] {
        gauge.set(0);
    }
}
