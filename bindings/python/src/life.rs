//! The engine inside a Python object: forks, the end of the object, the end of the interpreter.

use crate::errors::exception;
use http_responder::{Error, ErrorCode, Server};
use pyo3::prelude::*;
use std::mem;
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

/// An engine that belongs to the process that made it.
pub(crate) struct Life {
    engine: Arc<Server>,
    owner: u32,
}

/// Every engine that may have to be stopped when the interpreter ends.
static ALIVE: Mutex<Vec<(u32, Weak<Server>)>> = Mutex::new(Vec::new());

impl Life {
    /// Takes charge of `engine`.
    pub(crate) fn new(engine: Server) -> Life {
        let life = Life { engine: Arc::new(engine), owner: process::id() };
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

    /// Stops the engine without an error, whoever calls.
    pub(crate) fn end(&self, py: Python<'_>) {
        if !self.is_ours() {
            return;
        }
        let stopped = py.detach(|| self.engine.stop());
        if stopped.is_err() {
            // One of its own handlers let go of the last reference: a worker cannot wait for
            // itself, another thread can.
            stop_elsewhere(self.engine.clone());
        }
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
fn _stop_all(py: Python<'_>) {
    let alive = mem::take(&mut *lock(&ALIVE));
    let ours = process::id();
    py.detach(move || {
        let mine = alive.iter().filter(|(owner, _)| *owner == ours);
        for engine in mine.filter_map(|(_, engine)| engine.upgrade()) {
            // Nobody is left to hear of an error.
            let _ = engine.stop();
        }
    });
}
