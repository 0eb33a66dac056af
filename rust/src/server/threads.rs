//! The threads of a running server: starting them, and what they share.

use super::admin;
use super::listeners::Shares;
use super::private;
use super::role::Role;
use super::systemd::Manager;
use super::{Inner, ServerState, lock};
use crate::acceptor::{Supervisor, Work};
use crate::access_log::{AccessLog, Home, Prepared};
use crate::error::{Error, ErrorCode, Result};
use crate::log::Log;
use crate::stats::{Cells, Snapshot};
use crate::sys::{descriptors, limits, signals, stderr};
use crate::worker::{self, Handle, Leaving, Message, Setup};
use mio::{Poll, Waker};
use std::io;
use std::os::fd::RawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Descriptors left for whatever else the process opens: an eighth of the limit, at most this.
const MARGIN: u64 = 64;

/// The workers of a running server and what the supervisor counts.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) workers: Vec<Arc<Handle>>,
    pub(super) supervisor: Arc<Cells>,
    /// Connections that each worker can hold.
    pub(super) capacity: u32,
    pub(super) access_log: Option<AccessLog>,
}

impl Running {
    /// The statistics of each worker, and the sum with the supervisor's.
    pub(super) fn stats(&self) -> (Vec<Snapshot>, Snapshot) {
        let workers: Vec<Snapshot> = self.workers.iter().map(|w| w.stats.snapshot()).collect();
        let mut total = self.supervisor.snapshot();
        self.access_log.iter().for_each(|log| total.add(&log.stats()));
        workers.iter().for_each(|worker| total.add(worker));
        (workers, total)
    }

    pub(super) fn tell_all(&self, message: impl Fn() -> Message) {
        self.workers.iter().for_each(|worker| worker.tell(message()));
    }
}

/// Starts the workers and the supervisor, which ends after them.
pub(super) fn start(
    inner: &Arc<Inner>,
    shares: Shares,
    access_log: Option<Prepared>,
) -> Result<JoinHandle<()>> {
    let failed = |error: io::Error| {
        Error::new(ErrorCode::Io, format!("cannot start the server's threads: {error}"))
    };
    // Until it runs nothing is changed any more.
    let changing = lock(&inner.changing);
    private::check(&inner.responder.load(), &inner.settings.load())?;
    let (capacity, turned_away) = capacity(inner);
    prepare_clients(inner, capacity)?;
    let settings = inner.settings.load_full();
    let observe = settings.admin.is_some();
    let count = settings.stats_page.is_some() || settings.stats_text.is_some();
    let extent = *lock(&inner.extent);
    let mut polls = Vec::new();
    let mut handles = Vec::new();
    for _ in 0..inner.settings.load().workers {
        let poll = Poll::new().map_err(failed)?;
        let waker = Waker::new(poll.registry(), worker::WAKER).map_err(failed)?;
        let handle = Handle::new(waker, capacity).observed(observe).counting(count);
        handles.push(Arc::new(handle.recording(extent)));
        let timer = worker::add_timer(&poll).map_err(failed)?;
        polls.push((poll, timer));
    }
    let eventfd = inner.notices.begin().map_err(failed)?;
    let cells = Arc::new(Cells::default());
    let supervisor = Supervisor::new(
        inner.notices.clone(),
        &eventfd,
        shares.supervisor,
        handles.clone(),
        cells.clone(),
        &inner.settings.load(),
        Host(inner.clone()),
    )
    .map_err(failed)?;
    let (access_log, homes) = start_log(inner, access_log).map_err(failed)?;
    let setups = polls.into_iter().zip(shares.workers).enumerate();
    let setups = setups.map(|(index, ((poll, timer), listeners))| Setup {
        server: inner.id,
        index,
        settings: inner.settings.load_full(),
        capacity,
        turned_away,
        evicts_slow: inner.role == Role::Admin,
        responder: inner.responder.clone(),
        clients: inner.clients.clone(),
        proxied: shares.proxied.clone(),
        handle: handles[index].clone(),
        poll,
        timer,
        layers: shares.layers.clone(),
        tls: inner.tls.get().cloned(),
        listeners,
        supervisor: eventfd.clone(),
        leaving: None,
        access_log: homes.get(index).cloned().unwrap_or_default(),
        log: inner.log.clone(),
    });
    let workers = handles.clone();
    let _ = inner.running.set(Running { workers, supervisor: cells, capacity, access_log });
    drop(changing);
    // The host's signals are for the host's own threads.
    signals::with_all_blocked(|| spawn(inner, setups, supervisor, &handles)).map_err(failed)
}

/// Starts the log's thread, where there is a log; a recorder for each worker.
fn start_log(
    inner: &Inner,
    prepared: Option<Prepared>,
) -> io::Result<(Option<AccessLog>, Vec<Home>)> {
    let Some(prepared) = prepared else { return Ok((None, Vec::new())) };
    let listeners = lock(&inner.listeners).addresses().to_vec();
    let start = || prepared.start(&inner.settings.load(), &listeners, inner.log.clone());
    let (log, homes) = signals::with_all_blocked(start)?;
    Ok((Some(log), homes))
}

fn spawn(
    inner: &Arc<Inner>,
    setups: impl Iterator<Item = Setup>,
    supervisor: Supervisor<Host>,
    handles: &[Arc<Handle>],
) -> io::Result<JoinHandle<()>> {
    let mut workers = Vec::new();
    let mut setups: Vec<Setup> = setups.collect();
    let log = inner.running.get().and_then(|running| running.access_log.as_ref());
    let farewells = let_leave(&mut setups, log.map(AccessLog::descriptor));
    let mut setups = setups.into_iter();
    while let Some(setup) = setups.next() {
        let name = inner.role.worker(setup.index);
        match crate::sys::thread::named(name).spawn(move || worker::run(setup)) {
            Ok(thread) => workers.push(thread),
            Err(error) => {
                stop_all(handles);
                drop(setups);
                close_left_behind(farewells);
                workers.into_iter().for_each(|thread| drop(thread.join()));
                inner.finish_log();
                return Err(error);
            }
        }
    }
    close_left_behind(farewells);
    let (owner, inner) = (inner, inner.clone());
    let orphans = handles.to_vec();
    let supervise = move || {
        let run = AssertUnwindSafe(|| supervisor.run());
        if catch_unwind(run).is_err() {
            inner.log.error(format_args!("the acceptor panicked; the server stops"));
            stop_all(&orphans);
        }
        workers.into_iter().for_each(|thread| drop(thread.join()));
        inner.finish_log();
        // Last, so that it can say to the end what is going on.
        let at_once = inner.life().state != ServerState::Draining;
        inner.admin.get().into_iter().for_each(|admin| admin.end(at_once));
        inner.has_stopped();
    };
    let supervisor = crate::sys::thread::named(owner.role.acceptor()).spawn(supervise);
    supervisor.inspect_err(|_| {
        stop_all(handles);
        owner.finish_log();
    })
}

/// Where a worker says whether it has left the shared table of descriptors, and what it owns.
type Farewell = (mpsc::Receiver<bool>, Vec<RawFd>);

/// Has workers leave the shared table of descriptors that shall have one of their own.
fn let_leave(setups: &mut [Setup], log: Option<RawFd>) -> Vec<Farewell> {
    // One that is dealt its connections needs the table that they are accepted into.
    let leaves = |setup: &Setup| setup.settings.private_descriptors && !setup.listeners.is_empty();
    if !setups.iter().any(leaves) {
        return Vec::new();
    }
    let all: Vec<RawFd> = setups.iter().flat_map(Setup::descriptors).collect();
    let mut farewells = Vec::new();
    for setup in setups.iter_mut().filter(|setup| leaves(setup)) {
        let own: Vec<RawFd> = setup.descriptors().collect();
        let (told, left) = mpsc::channel();
        // The log's among them: a file that is moved away and deleted shall be gone.
        let others = all.iter().copied().filter(|fd| !own.contains(fd)).chain(log).collect();
        setup.leaving = Some(Leaving { others, told });
        farewells.push((left, own));
    }
    farewells
}

/// Closes what workers with a table of their own have left in this one. Waits for all of them
/// first: until then each number stands for the same here and in their copies.
fn close_left_behind(farewells: Vec<Farewell>) {
    let left = |(left, own): Farewell| if left.recv() == Ok(true) { own } else { Vec::new() };
    let descriptors: Vec<RawFd> = farewells.into_iter().flat_map(left).collect();
    descriptors::close_copies(&descriptors);
}

fn stop_all(workers: &[Arc<Handle>]) {
    workers.iter().for_each(|worker| worker.tell(Message::Stop));
}

/// Connections for each worker: as the options say, or as many as there can be descriptors; and
/// how many more may linger after they were told that it is full, out of the margin.
fn capacity(inner: &Inner) -> (u32, u32) {
    static WARNED: AtomicBool = AtomicBool::new(false);
    let settings = inner.settings.load();
    let wanted = settings.max_connections;
    let workers = settings.workers as u64;
    let Ok(limit) = limits::raise_open_files() else { return (wanted, 0) };
    let margin = MARGIN.min(limit / 8);
    // A poll, an eventfd and a timerfd for each worker.
    let admin = if settings.admin.is_some() { u64::from(admin::CONNECTIONS) } else { 0 };
    let taken = limits::open_files() + margin + 3 * workers + admin;
    let possible = u32::try_from(limit.saturating_sub(taken) / workers).unwrap_or(u32::MAX).max(1);
    if possible < wanted && !WARNED.swap(true, Ordering::Relaxed) {
        inner.log.warn(format_args!(
            "the limit of {limit} open descriptors (ulimit -n) leaves room for {possible} \
             connections in each of {workers} workers, {wanted} were asked for (max_connections)"
        ));
    }
    (wanted.min(possible), u32::try_from(margin / 2 / workers).unwrap_or(0))
}

/// Makes the table of clients, if there is a limit for one.
fn prepare_clients(inner: &Inner, capacity: u32) -> Result<()> {
    let settings = inner.settings.load();
    let Some(clients) = inner.prepare_clients(&settings)? else { return Ok(()) };
    let connections = u64::from(capacity) * settings.workers as u64;
    if clients < 2 * connections {
        inner.log.warn(format_args!(
            "client_table has room for {clients} clients, fewer than two for each of {connections} \
             connections: limits may not hold for all of them"
        ));
    }
    Ok(())
}

/// The server, as its supervisor sees it.
struct Host(Arc<Inner>);

impl Work for Host {
    fn draining(&self) {
        self.0.manager.get().into_iter().for_each(Manager::stopping);
        self.0.has_begun_to_drain();
    }

    fn drain_grace(&self) -> Option<Duration> {
        self.0.drain_grace()
    }

    fn dump_stats(&self) {
        stderr::write_or_drop(self.0.stats_text(crate::stats::Format::Text).as_bytes());
    }

    fn reload(&self) {
        let _ = self.0.reload_and_tell();
    }

    fn log(&self) -> Log {
        self.0.log.clone()
    }

    fn beat_interval(&self) -> Option<Duration> {
        self.0.manager.get().map(Manager::interval)
    }

    fn beat(&self) {
        if let Some(manager) = self.0.manager.get() {
            manager.beat(&self.0.stats().1);
        }
    }
}
