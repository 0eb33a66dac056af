//! Signals, by way of signal-hook: its registry makes adding and removing actions safe.

use crate::sync::{Mutex, PoisonError};
use signal_hook::low_level::{emulate_default_handler, register, unregister};
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The signals that a server acts on.
pub(crate) const SIGNALS: [i32; 4] = [libc::SIGTERM, libc::SIGINT, libc::SIGUSR1, libc::SIGHUP];

/// How many servers listen for signals. With none, a signal does what it does by default.
static LISTENING: AtomicUsize = AtomicUsize::new(0);

/// Whether the fallback to the default action has been installed; once per process.
static FALLBACK: Mutex<bool> = Mutex::new(false);

/// The signals, by number, that had their default action then.
static DEFAULT: AtomicU64 = AtomicU64::new(0);

/// Actions in force until dropped.
#[derive(Debug)]
pub(crate) struct Subscription(Vec<signal_hook::SigId>);

/// Calls `action` with the signal's number for each of [`SIGNALS`]. Where `action` says that the
/// signal is none of its business (in a forked child), it does what it does by default.
///
/// `action` runs in the signal handler: it must be async-signal-safe.
pub(crate) fn subscribe(
    action: impl Fn(i32) -> bool + Clone + Send + Sync + 'static,
) -> io::Result<Subscription> {
    install_fallback()?;
    let mut subscription = Subscription(Vec::with_capacity(SIGNALS.len()));
    LISTENING.fetch_add(1, Ordering::SeqCst);
    for signal in SIGNALS {
        let action = action.clone();
        let act = move || {
            if !action(signal) {
                act_by_default(signal);
            }
        };
        // SAFETY: the callers' actions are atomic operations, getpid(2) and write(2), no more;
        // for the other see there.
        subscription.0.push(unsafe { register(signal, act) }?);
    }
    Ok(subscription)
}

/// After the last server has gone, signal-hook's handlers stay and would swallow signals.
fn install_fallback() -> io::Result<()> {
    let mut installed = FALLBACK.lock().unwrap_or_else(PoisonError::into_inner);
    if *installed {
        return Ok(());
    }
    for signal in SIGNALS.into_iter().filter(|&signal| has_default_action(signal)) {
        DEFAULT.fetch_or(1 << signal, Ordering::SeqCst);
        let default = move || {
            if LISTENING.load(Ordering::SeqCst) == 0 {
                act_by_default(signal);
            }
        };
        // SAFETY: an atomic load, and see there.
        unsafe { register(signal, default) }?;
    }
    *installed = true;
    Ok(())
}

/// Runs `work` with every signal blocked in this thread, as in the threads it starts.
pub(crate) fn with_all_blocked<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: all-zero is a valid sigset_t, filled below.
    let mut all: libc::sigset_t = unsafe { std::mem::zeroed() };
    let mut before = all;
    // SAFETY: both sets are valid places; the calls cannot fail with these arguments.
    unsafe {
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
    }
    let result = work();
    // SAFETY: `before` was filled by the call above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut()) };
    result
}

/// Does what the signal does by default; async-signal-safe. A handler of the host's own is called
/// by signal-hook in any case and stands for the default.
fn act_by_default(signal: i32) {
    if DEFAULT.load(Ordering::SeqCst) & (1 << signal) != 0 {
        let _ = emulate_default_handler(signal);
    }
}

fn has_default_action(signal: i32) -> bool {
    // SAFETY: all-zero is a valid sigaction.
    let mut present: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: a null new action only asks; `present` is a valid place for the answer.
    unsafe { libc::sigaction(signal, std::ptr::null(), &mut present) };
    present.sa_sigaction == libc::SIG_DFL
}

impl Drop for Subscription {
    fn drop(&mut self) {
        for id in self.0.drain(..) {
            unregister(id);
        }
        LISTENING.fetch_sub(1, Ordering::SeqCst);
    }
}
