//! The engine inside a Python object: waiting for its end, forks, the end of the object, the end
//! of the interpreter.

use crate::attach;
use crate::errors::{OrRaise, exception};
use crate::log;
use http_responder::{Error, ErrorCode, Notice, Server, ServerState};
use pyo3::prelude::*;
use std::mem;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// How long a wait stays away from the interpreter, and so how late Ctrl-C may be noticed.
const SIGNAL_CHECK: Duration = Duration::from_millis(50);

/// How long the end of an object or of the interpreter waits for handlers that do not return.
const PATIENCE: Duration = Duration::from_secs(5);

/// An engine that belongs to the process that made it.
pub(crate) struct Life {
    engine: Arc<Server>,
    owner: u32,
    /// Set where the engine was left to itself: it is not waited for a second time.
    ended: AtomicBool,
}

/// Every engine that may have to be stopped when the interpreter ends.
static ALIVE: Mutex<Vec<(u32, Weak<Server>)>> = Mutex::new(Vec::new());

impl Life {
    /// Takes charge of `engine`.
    pub(crate) fn new(engine: Server) -> Life {
        let engine = Arc::new(engine);
        let life = Life { engine, owner: process::id(), ended: AtomicBool::new(false) };
        let mut alive = lock(&ALIVE);
        alive.retain(|(_, engine)| engine.strong_count() > 0);
        alive.push((life.owner, Arc::downgrade(&life.engine)));
        life
    }

    /// The engine.
    ///
    /// # Errors
    /// `StateError` in a child process: the threads of the engine were not carried over the fork,
    /// so that waiting for them would never end.
    pub(crate) fn engine(&self, py: Python<'_>) -> PyResult<&Server> {
        if self.is_ours() {
            return Ok(&self.engine);
        }
        let message =
            format!("this server belongs to process {}, not to this child of it", self.owner);
        Err(exception(py, &Error::new(ErrorCode::State, message)))
    }

    /// Whether this process, not a parent of it, made the engine.
    pub(crate) fn is_ours(&self) -> bool {
        self.owner == process::id()
    }

    /// Waits until the engine has stopped, for at most `limit`; returns whether it has.
    ///
    /// # Errors
    /// As the engine's `wait`; what a signal handler raised, Ctrl-C above all.
    pub(crate) fn wait(&self, py: Python<'_>, limit: Option<Duration>) -> PyResult<bool> {
        wait(py, self.engine(py)?, limit)
    }

    /// Tells the engine to stop and waits until it has. It remains told when the wait is
    /// interrupted.
    ///
    /// # Errors
    /// As [`Life::wait`].
    pub(crate) fn stop(&self, py: Python<'_>) -> PyResult<()> {
        let engine = self.engine(py)?;
        if engine.state() == ServerState::Built {
            // It has no threads to wait for.
            return py.detach(|| engine.stop()).or_raise(py);
        }
        engine.notify(Notice::Stop);
        self.wait(py, None).map(drop)
    }

    /// Stops the engine without an error, whoever calls, and without waiting for ever.
    pub(crate) fn end(&self, py: Python<'_>) {
        if !self.is_ours() || self.ended.swap(true, Ordering::Relaxed) {
            return;
        }
        let stopped = py.detach(|| stop_within(&self.engine, Instant::now() + PATIENCE));
        let Err(error) = stopped else { return };
        if error.code() == ErrorCode::Timeout {
            // The end of the interpreter does not wait for it once more.
            let this = Arc::as_ptr(&self.engine);
            lock(&ALIVE).retain(|(_, engine)| engine.as_ptr() != this);
            log::warning(py, &left_behind());
        }
        // Or one of its own handlers let go of the last reference. A worker cannot wait for
        // itself, and this thread does not: another one can.
        stop_elsewhere(self.engine.clone());
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // Without an interpreter to detach from there is no safe way to wait; the process is
        // about to end anyway.
        let ended = self.is_ours() && Python::try_attach(|py| self.end(py)).is_some();
        if !ended {
            mem::forget(self.engine.clone());
        }
    }
}

/// Waits in slices, between which signal handlers run.
fn wait(py: Python<'_>, engine: &Server, limit: Option<Duration>) -> PyResult<bool> {
    // A limit beyond what the clock can say is none.
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let slice = left.map_or(SIGNAL_CHECK, |left| left.min(SIGNAL_CHECK));
        match py.detach(|| engine.wait(Some(slice))) {
            Err(error) if error.code() == ErrorCode::Timeout => py.check_signals()?,
            result => return result.or_raise(py).map(|()| true),
        }
        if left.is_some_and(|left| left <= slice) {
            return Ok(false);
        }
    }
}

/// Stops `engine`, waiting until `deadline` at most.
fn stop_within(engine: &Server, deadline: Instant) -> http_responder::Result<()> {
    if engine.state() == ServerState::Built {
        return engine.stop();
    }
    engine.notify(Notice::Stop);
    engine.wait(Some(deadline.saturating_duration_since(Instant::now())))
}

fn left_behind() -> String {
    let seconds = PATIENCE.as_secs();
    format!("a handler does not return, {seconds} s after its server was told to stop: left behind")
}

fn stop_elsewhere(engine: Arc<Server>) {
    let kept = engine.clone();
    let name = "http_responder-stop".to_owned();
    let spawned = thread::Builder::new().name(name).spawn(move || engine.stop());
    if spawned.is_err() {
        mem::forget(kept);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has running servers stopped while workers can still leave the interpreter.
pub(crate) fn stop_at_exit(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let stop = wrap_pyfunction!(_stop_all, module)?;
    module.py().import("atexit")?.call_method1("register", (stop,))?;
    Ok(())
}

#[pyfunction]
fn _stop_all(py: Python<'_>) -> PyResult<()> {
    let alive = mem::take(&mut *lock(&ALIVE));
    let ours = process::id();
    let mine = alive.iter().filter(|(owner, _)| *owner == ours);
    let engines: Vec<_> = mine.filter_map(|(_, engine)| engine.upgrade()).collect();
    // All are told before one is waited for, so that together they take no longer than one.
    let running = |engine: &Arc<Server>| engine.state() != ServerState::Built;
    engines.iter().filter(|engine| running(engine)).for_each(|e| e.notify(Notice::Stop));
    let deadline = Instant::now() + PATIENCE;
    let mut interrupted = Ok(());
    for engine in engines.into_iter().filter(running) {
        let left = if interrupted.is_ok() {
            deadline.saturating_duration_since(Instant::now())
        } else {
            Duration::ZERO
        };
        match wait(py, &engine, Some(left)) {
            Ok(true) => continue,
            Ok(false) => log::warning(py, &left_behind()),
            // Ctrl-C: not waited for any longer.
            Err(error) => interrupted = Err(error),
        }
        // Its end would wait for the handler.
        mem::forget(engine);
    }
    attach::interpreter_ends();
    interrupted
}
