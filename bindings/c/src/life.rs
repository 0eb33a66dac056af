//! The life of a server: started, waited for, drained, stopped.

use crate::error::hr_result;
use crate::ffi::{guard, guard_or, shared};
use crate::server::hr_server;
use http_responder::{Notice, ServerState};
use std::time::Duration;

/// Where a server is in its life; it only moves forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum hr_state {
    /// Made: listeners may be added; nothing is answered.
    HR_STATE_BUILT = 0,
    /// Answering.
    HR_STATE_RUNNING = 1,
    /// Listeners closed; requests in progress are being finished.
    HR_STATE_DRAINING = 2,
    /// Stopped, for good.
    HR_STATE_STOPPED = 3,
}

/// Something that hr_server_notify() tells a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum hr_notice {
    /// Close everything at once.
    HR_NOTICE_STOP = 1,
    /// Finish what is in progress, then stop.
    HR_NOTICE_DRAIN = 2,
    /// Read files again.
    HR_NOTICE_RELOAD = 3,
    /// Write the statistics to standard error.
    HR_NOTICE_DUMP_STATS = 4,
}

/// Stands for `hr_notice` where C passes one in: C may pass any number.
///
/// cbindgen:ignore
pub type RawNotice = u32;

/// Starts the workers, begins to accept and returns at once. Without a listener, or where the
/// option `port` was set, it listens on the options `address` and `port` first, and on each of
/// `listen`.
///
/// After fork() or daemon() it may be called if it was not before: the process that starts a server
/// owns it.
///
/// HR_ERR_STATE if started before; HR_ERR_BIND for an address of the options, and then it may be
/// called again; HR_ERR_IO where the system lacks descriptors or threads, and then the server is
/// HR_STATE_STOPPED: free it and make another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_start(server: *mut hr_server) -> hr_result {
    // SAFETY: NULL or valid, by the contract of the header.
    guard(|| unsafe { shared(server, "server")? }.inner.start())
}

/// Starts, and waits until the server has stopped: hr_server_start() and hr_server_wait(-1).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_run(server: *mut hr_server) -> hr_result {
    // SAFETY: NULL or valid, by the contract of the header.
    guard(|| unsafe { shared(server, "server")? }.inner.run())
}

/// Waits until the server has stopped, at most `timeout_ms` milliseconds; for ever if that is
/// negative. Not for handlers: they would wait for themselves.
///
/// HR_ERR_TIMEOUT, HR_ERR_STATE if it was never started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_wait(server: *const hr_server, timeout_ms: i64) -> hr_result {
    // SAFETY: NULL or valid, by the contract of the header.
    guard(|| unsafe { shared(server, "server")? }.inner.wait(duration(timeout_ms)))
}

/// Begins to drain and returns at once: listeners are closed, idle connections too, requests in
/// progress are finished for at most `grace_ms` milliseconds (negative: the option
/// `drain_timeout`); then the server stops.
///
/// HR_ERR_STATE if it was never started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_drain(server: *const hr_server, grace_ms: i64) -> hr_result {
    // SAFETY: NULL or valid, by the contract of the header.
    guard(|| unsafe { shared(server, "server")? }.inner.drain(duration(grace_ms)))
}

/// Closes everything at once and waits for the threads to end, for ever if a handler never returns:
/// hr_server_notify() and then hr_server_wait() with a time is the way to bound that. A server that was never started is
/// stopped for good; one that has stopped stays so.
///
/// HR_ERR_STATE from one of the server's own handlers: it is told to stop then, as by
/// hr_server_notify(), but not waited for. Handlers of two servers must not stop each other's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_stop(server: *const hr_server) -> hr_result {
    // SAFETY: NULL or valid, by the contract of the header.
    guard(|| unsafe { shared(server, "server")? }.inner.stop())
}

/// Tells the server something and returns at once. Any thread, handlers too, and async-signal-safe:
/// the one function that a signal handler may call. NULL and unknown numbers are ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_notify(server: *const hr_server, notice: RawNotice) {
    guard_or((), || {
        // SAFETY: NULL or valid, by the contract of the header.
        // No error is recorded: that would allocate, which a signal handler must not.
        if let (Some(server), Some(notice)) = (unsafe { server.as_ref() }, known_notice(notice)) {
            server.inner.notify(notice);
        }
        Ok(())
    });
}

/// Makes the server act on the signals of this process until it is freed: SIGTERM and SIGINT drain,
/// a second one stops; SIGUSR1 writes the statistics to standard error; SIGHUP reloads. Without
/// this call no signal disposition is touched.
///
/// HR_ERR_IO.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_use_signals(server: *mut hr_server) -> hr_result {
    // SAFETY: NULL or valid, by the contract of the header.
    guard(|| unsafe { shared(server, "server")? }.inner.use_signals())
}

/// Where the server is in its life; HR_STATE_STOPPED for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_state(server: *const hr_server) -> hr_state {
    guard_or(hr_state::HR_STATE_STOPPED, || {
        // SAFETY: NULL or valid, by the contract of the header.
        Ok(match unsafe { shared(server, "server")? }.inner.state() {
            ServerState::Built => hr_state::HR_STATE_BUILT,
            ServerState::Running => hr_state::HR_STATE_RUNNING,
            ServerState::Draining => hr_state::HR_STATE_DRAINING,
            ServerState::Stopped => hr_state::HR_STATE_STOPPED,
        })
    })
}

fn duration(milliseconds: i64) -> Option<Duration> {
    u64::try_from(milliseconds).ok().map(Duration::from_millis)
}

fn known_notice(notice: RawNotice) -> Option<Notice> {
    [Notice::Stop, Notice::Drain, Notice::Reload, Notice::DumpStats]
        .into_iter()
        .find(|known| *known as RawNotice == notice)
}

const _: () = {
    assert!(hr_notice::HR_NOTICE_STOP as u32 == Notice::Stop as u32);
    assert!(hr_notice::HR_NOTICE_DRAIN as u32 == Notice::Drain as u32);
    assert!(hr_notice::HR_NOTICE_RELOAD as u32 == Notice::Reload as u32);
    assert!(hr_notice::HR_NOTICE_DUMP_STATS as u32 == Notice::DumpStats as u32);
};
