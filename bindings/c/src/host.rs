//! Handlers in the caller's own event loop: workers hand requests over, a descriptor says that there
//! are some, and hr_server_step() runs their handlers on the thread that calls it.

use crate::error::hr_result;
use crate::exchange::hr_exchange;
use crate::ffi::{Out, UserData, guard, invalid, shared};
use crate::handler::{Callback, hr_handler_fn};
use crate::request::hr_request;
use crate::server::hr_server;
use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use http_responder::{
    Action, Deferred, Error, ErrorCode, Exchange, Handler, OwnedRequest, Request, Response, Result,
    ServerState,
};
use std::collections::VecDeque;
use std::ffi::c_int;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Requests that wait for the host.
pub(crate) struct Host {
    waiting: Mutex<VecDeque<Job>>,
    arrived: Condvar,
    /// Holds an octet as long as anything waits.
    bell: (PipeReader, PipeWriter),
}

/// One request, and the right to answer it.
struct Job {
    callback: Arc<Callback>,
    request: OwnedRequest,
    deferred: Deferred,
}

impl Host {
    fn new() -> Result<Self> {
        let bell = std::io::pipe()
            .map_err(|error| Error::new(ErrorCode::Io, format!("a pipe: {error}")))?;
        Ok(Host { waiting: Mutex::default(), arrived: Condvar::new(), bell })
    }

    fn put(&self, job: Job) {
        let mut waiting = self.lock();
        waiting.push_back(job);
        if waiting.len() == 1 {
            // One octet at a time: there is room.
            let _ = (&self.bell.1).write(b"!");
        }
        self.arrived.notify_all();
    }

    /// All that wait; if there are none, the first ones to come before `end`.
    fn take(&self, end: Option<Instant>) -> VecDeque<Job> {
        let mut waiting = self.lock();
        while waiting.is_empty() {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            waiting = match left {
                None => self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => return VecDeque::new(),
                Some(left) => {
                    let waited = self.arrived.wait_timeout(waiting, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        let _ = (&self.bell.0).read(&mut [0]);
        std::mem::take(&mut *waiting)
    }

    /// Lets go of those that wait: they get a 500, if anybody still waits for it.
    pub(crate) fn clear(&self) {
        let mut waiting = self.lock();
        if !waiting.is_empty() {
            let _ = (&self.bell.0).read(&mut [0]);
        }
        let jobs = std::mem::take(&mut *waiting);
        drop(waiting);
        drop(jobs);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Job>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A handler that the host runs.
struct Hosted {
    callback: Arc<Callback>,
    host: Arc<Host>,
}

impl Handler for Hosted {
    fn handle(&self, request: &Request<'_>, exchange: &mut Exchange<'_>) -> Action {
        let request = request.keep();
        // Not deferred, it is answered with a 500 by the engine.
        if let Ok(deferred) = exchange.defer() {
            self.host.put(Job { callback: self.callback.clone(), request, deferred });
        }
        Action::Done
    }
}

impl hr_server {
    /// `handler` as the engine calls it: on its workers, or by the host.
    pub(crate) fn handler(
        &self,
        handler: hr_handler_fn,
        user: UserData,
    ) -> Result<Arc<dyn Handler>> {
        let callback = callback(handler, user)?;
        Ok(match self.host.get() {
            Some(host) => Arc::new(Hosted { callback, host: host.clone() }),
            None => callback,
        })
    }
}

/// `handler` with its data, if there is one.
pub(crate) fn callback(handler: hr_handler_fn, user: UserData) -> Result<Arc<Callback>> {
    let function = handler.ok_or_else(|| invalid("handler", "must not be NULL"))?;
    Ok(Arc::new(Callback::new(function, user)))
}

impl Job {
    fn run(self) {
        let request = hr_request::kept(self.request);
        let mut exchange = hr_exchange::hosted(self.deferred);
        let action = self.callback.call(&request, &mut exchange);
        // A panic or HR_DONE without an answer is a 500: the right to answer is dropped.
        if let (Action::Decline, Some(deferred)) = (action, exchange.into_deferred())
            && let Ok(response) = Response::builder(404).build()
        {
            let _ = deferred.respond(&response);
        }
    }
}

/// Has the handlers that are added from now on run in your own event loop: workers receive and
/// answer, but leave the call of the handler to hr_server_step(). *fd, which may be NULL, becomes
/// readable as long as requests wait for that: poll it together with your own descriptors, never
/// read or close it; it is open until the server is freed.
///
/// Such handlers are given copies of the requests. HR_DECLINE is a 404 there, because the other
/// routes were asked before; hr_respond() and the like may give HR_ERR_GONE; hr_respond_file() and
/// hr_exchange_receive() give HR_ERR_STATE. Handlers of hr_server_route_upload() and the callbacks of
/// bodies and writers are called by workers as ever.
///
/// HR_ERR_STATE if it was called before, or the server has been started; HR_ERR_IO where descriptors
/// are lacking.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_use_loop(server: *mut hr_server, fd: *mut c_int) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, out) = unsafe { (shared(server, "server")?, Out::optional(fd)) };
        if server.inner.state() != ServerState::Built || server.host.get().is_some() {
            return Err(Error::new(ErrorCode::State, "the loop has to be used once, before start"));
        }
        let host = Arc::new(Host::new()?);
        let readable = host.bell.0.as_raw_fd();
        if server.host.set(host).is_err() {
            return Err(Error::new(ErrorCode::State, "the loop is used already"));
        }
        out.write(readable);
        Ok(())
    })
}

/// Runs the handlers of all requests that wait, on this thread; if none waits, of the first that come
/// within `timeout_ms` milliseconds: 0 does not wait, -1 waits for ever. *handled, which may be NULL,
/// becomes their number. Several threads may call it; one handler runs on one of them.
///
/// HR_ERR_TIMEOUT if none has come, HR_ERR_STATE without hr_server_use_loop().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_step(
    server: *mut hr_server,
    timeout_ms: i64,
    handled: *mut u32,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, out) = unsafe { (shared(server, "server")?, Out::optional(handled)) };
        let host = server.host.get().ok_or_else(|| {
            Error::new(ErrorCode::State, "there is no loop: call hr_server_use_loop() first")
        })?;
        let wait = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
        let jobs = host.take(wait.and_then(|wait| Instant::now().checked_add(wait)));
        if jobs.is_empty() {
            return Err(Error::new(ErrorCode::Timeout, "no request waits for its handler"));
        }
        let count = jobs.len() as u32;
        jobs.into_iter().for_each(Job::run);
        out.write(count);
        Ok(())
    })
}
