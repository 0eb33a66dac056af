//! A server: its listeners and routes.

use crate::config::hr_config;
use crate::error::hr_result;
use crate::ffi::{FreeFn, Out, UserData, guard, guard_or, hand_out, invalid, release, shared};
use crate::handler::hr_handler_fn;
use crate::host::Host;
use crate::response::hr_response;
use crate::strings::{Buffer, optional_text, text};
use http_responder::{Error, Result, Server};
use std::ffi::{c_char, c_int, c_void};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// A server. All functions but hr_server_free() may be called from any thread, several at once.
pub struct hr_server {
    pub(crate) inner: Server,
    /// Who runs its handlers, if not the workers.
    pub(crate) host: OnceLock<Arc<Host>>,
}

/// Makes a server with the options of `config`, which is copied; NULL stands for the defaults.
/// Free *server with hr_server_free().
///
/// HR_ERR_CONFIG where options contradict each other.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_new(
    config: *const hr_config,
    server: *mut *mut hr_server,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (config, out) = unsafe { (config.as_ref(), Out::required(server, "server")?) };
        let inner = match config {
            Some(config) => Server::new(&config.inner)?,
            None => Server::new(&http_responder::Config::new())?,
        };
        out.write(hand_out(hr_server { inner, host: OnceLock::new() }));
        Ok(())
    })
}

/// Stops the server, waits for its threads to end, calls every user_free and frees it. NULL is
/// fine, and so are deferred answers that are still out: they are told HR_ERR_GONE.
///
/// It waits for the handlers that are running, for ever if one never returns: see "CALLBACKS" at the
/// top. Nobody may use the server while or after it is freed. From one of its own handlers, which would
/// have to wait for itself, and in a child of fork(), it only tells the server to stop and says on
/// standard error that it was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_free(server: *mut hr_server) {
    let stopped = guard_or(false, || {
        // SAFETY: NULL or valid, by the contract of the header.
        let stopped = unsafe { server.as_ref() }.map_or(Ok(()), |server| server.inner.stop());
        if let Err(error) = &stopped {
            eprintln!("http_responder: hr_server_free: {error}: the server is not freed");
        }
        Ok(stopped.is_ok())
    });
    if stopped {
        // SAFETY: as below.
        if let Some(host) = unsafe { server.as_ref() }.and_then(|server| server.host.get()) {
            host.clear();
        }
        // SAFETY: NULL or what hr_server_new gave, freed once, by the contract of the header.
        unsafe { release(server) }
    }
}

/// Listens on `address`: "127.0.0.1:8080", "[::1]:0", "unix:/run/x"; port 0 lets the kernel pick
/// one. *listener, which may be NULL, becomes the listener's number: 0, 1, ... Nothing is accepted
/// before hr_server_start().
///
/// HR_ERR_INVALID_ARGUMENT for a malformed address, HR_ERR_BIND for one that cannot be listened on,
/// naming it and the reason, HR_ERR_STATE once started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_listen(
    server: *mut hr_server,
    address: *const c_char,
    listener: *mut u32,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, address, out) = unsafe {
            (shared(server, "server")?, text(address, "address")?, Out::optional(listener))
        };
        out.write(server.inner.listen(address)?);
        Ok(())
    })
}

/// As hr_server_listen(), for connections that speak TLS; with `auto_detect` also for those that do not,
/// as the first octet of each says. The certificates are those of the options "ca_dir" and
/// "certificates" that the server was made with.
///
/// As hr_server_listen(), and HR_ERR_CONFIG where the options name neither.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_listen_tls(
    server: *mut hr_server,
    address: *const c_char,
    auto_detect: bool,
    listener: *mut u32,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, address, out) = unsafe {
            (shared(server, "server")?, text(address, "address")?, Out::optional(listener))
        };
        out.write(server.inner.listen_tls(address, auto_detect)?);
        Ok(())
    })
}

/// Takes over `fd`, a stream socket that is bound and listening. On HR_OK it belongs to the server,
/// which closes it; else it is still yours.
///
/// HR_ERR_INVALID_ARGUMENT if it is no listening stream socket, HR_ERR_STATE once started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_listen_fd(
    server: *mut hr_server,
    fd: c_int,
    listener: *mut u32,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, out) = unsafe { (shared(server, "server")?, Out::optional(listener)) };
        // The server gets a duplicate, so that a failure leaves the caller's own open.
        let copy = duplicate(fd)?;
        let number = copy.as_raw_fd();
        let taken = server.inner.listen_fd(copy);
        let number = taken.map_err(|error| about_the_callers(error, number, fd))?;
        // SAFETY: open, as it was duplicated just now, and given to us by the contract.
        drop(unsafe { OwnedFd::from_raw_fd(fd) });
        out.write(number);
        Ok(())
    })
}

/// Writes the address of a listener into `buf`, with the port that the kernel picked, in the form
/// that hr_server_listen() takes.
///
/// HR_ERR_INVALID_ARGUMENT for a number that was never given out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_address(
    server: *const hr_server,
    listener: u32,
    buf: *mut c_char,
    cap: usize,
    need: *mut usize,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, buffer) = unsafe { (shared(server, "server")?, Buffer::new(buf, cap, need)?) };
        buffer.write(&server.inner.address(listener)?)
    })
}

/// How many listeners there are; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_listeners(server: *const hr_server) -> u32 {
    // SAFETY: NULL or valid, by the contract of the header.
    guard_or(0, || Ok(unsafe { shared(server, "server")? }.inner.listeners()))
}

/// How many workers there are; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_workers(server: *const hr_server) -> u32 {
    guard_or(0, || {
        // SAFETY: NULL or valid, by the contract of the header.
        let workers = unsafe { shared(server, "server")? }.inner.settings().workers;
        Ok(u32::try_from(workers).unwrap_or(u32::MAX))
    })
}

/// Writes one line into `buf`, without a line end: what listens where, with how many workers and
/// what capacity. Programs print it when they start.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_describe(
    server: *const hr_server,
    buf: *mut c_char,
    cap: usize,
    need: *mut usize,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, buffer) = unsafe { (shared(server, "server")?, Buffer::new(buf, cap, need)?) };
        buffer.write(&server.inner.describe())
    })
}

/// Sends requests with this method (NULL is any) and a path that matches `pattern` to `handler`.
/// Patterns: "/a/b", "/a/{name}" for one segment, "/a/{*rest}" for all that follows. Routes and
/// rules are tried in the order in which they were added. Also while running: the next request
/// sees it.
///
/// `user` is passed to `handler`. `user_free`, which may be NULL, is called with it exactly once:
/// when the server is freed and no worker can call `handler` any more, or before this returns if
/// this fails, whatever the reason.
///
/// HR_ERR_INVALID_ARGUMENT for a malformed method or pattern.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_route(
    server: *mut hr_server,
    method: *const c_char,
    pattern: *const c_char,
    handler: hr_handler_fn,
    user: *mut c_void,
    user_free: FreeFn,
) -> hr_result {
    let user = UserData::new(user, user_free);
    guard(move || {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, method, pattern) = unsafe {
            let method = optional_text(method, "method")?;
            (shared(server, "server")?, method, text(pattern, "pattern")?)
        };
        server.inner.route(method, pattern, server.handler(handler, user)?)
    })
}

/// Answers requests with this method (NULL is any) and a path that matches `pattern` with
/// `response`, without calling anything: the fastest way. The server keeps what it needs: you may
/// free `response` at once, but no longer change it.
///
/// HR_ERR_INVALID_ARGUMENT for a malformed method, pattern or response.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_rule(
    server: *mut hr_server,
    method: *const c_char,
    pattern: *const c_char,
    response: *const hr_response,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, method, pattern, response) = unsafe {
            let method = optional_text(method, "method")?;
            let pattern = text(pattern, "pattern")?;
            (shared(server, "server")?, method, pattern, shared(response, "response")?)
        };
        server.inner.rule(method, pattern, response.prepared()?.clone())
    })
}

/// Works as a service of systemd: takes over the sockets that it has opened (LISTEN_FDS), of which
/// `sockets` (may be NULL) gets the number, and tells it when the server is ready, reloads and stops,
/// how much there is to do and, if it wants to know, that every worker still moves. Without systemd
/// it does nothing. Call it once, before your process has threads: it removes the variables from the
/// environment.
///
/// HR_ERR_INVALID_ARGUMENT for a descriptor that is no listening stream socket; HR_ERR_STATE once
/// started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_use_systemd(
    server: *mut hr_server,
    sockets: *mut u32,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let server = unsafe { shared(server, "server")? };
        let count = server.inner.use_systemd()?;
        if !sockets.is_null() {
            // SAFETY: not NULL, so valid for a write by the contract of the header.
            unsafe { sockets.write(count) };
        }
        Ok(())
    })
}

/// Reads rules from the TOML file at `path`, or from every *.toml of the folder, and puts them in the
/// place of those loaded before; also while running. They are asked after the routes and the rules of
/// hr_server_rule(), before the fallback. hr_server_reload() reads them again.
///
/// HR_ERR_CONFIG with every mistake, one a line: file, line, column, key and what was expected;
/// HR_ERR_IO if it cannot be opened; all stays as it was then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_load_rules(
    server: *mut hr_server,
    path: *const c_char,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, path) = unsafe { (shared(server, "server")?, text(path, "path")?) };
        server.inner.load_rules(Path::new(path))
    })
}

/// Reads everything again that was read from files: options, rules; what SIGHUP does. Requests in
/// progress get the old answer, the next ones the new.
///
/// HR_ERR_CONFIG or HR_ERR_IO naming what is wrong; all stays as it was then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_reload(server: *const hr_server) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let server = unsafe { shared(server, "server")? };
        server.inner.reload()
    })
}

/// Reads the rules file, or the folder of them, at `path` as hr_server_load_rules() would, without a
/// server; `rules` (may be NULL) gets how many there are.
///
/// HR_ERR_CONFIG with every mistake, one a line; HR_ERR_IO if it cannot be opened.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_rules_check(path: *const c_char, rules: *mut usize) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let path = unsafe { text(path, "path")? };
        let (count, _) = http_responder::server::check_rules(Path::new(path))?;
        if !rules.is_null() {
            // SAFETY: not NULL, so valid for a write by the contract of the header.
            unsafe { rules.write(count) };
        }
        Ok(())
    })
}

/// As hr_rules_check(), and writes into `buf`, one a line, what is no mistake and yet most likely not
/// meant: rules that can never match because an earlier one takes every request that they would. It
/// is empty where there is nothing to say, and has some lines where there is much. `buf`, `cap` and
/// `need` as everywhere, see "Texts" at the top.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_rules_review(
    path: *const c_char,
    rules: *mut usize,
    buf: *mut c_char,
    cap: usize,
    need: *mut usize,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (path, buffer) = unsafe { (text(path, "path")?, Buffer::new(buf, cap, need)?) };
        let (count, warnings) = http_responder::server::check_rules(Path::new(path))?;
        // SAFETY: NULL or valid for writing, by the contract of the header.
        unsafe { Out::optional(rules) }.write(count);
        buffer.write(&warnings.join("\n"))
    })
}

/// Sends requests that no route and no rule takes to `handler`, in place of the default answers.
/// A second fallback replaces the first, also while running.
///
/// `user` and `user_free` as in hr_server_route(), but the user_free of a fallback that was replaced
/// is called as soon as no worker can call that one any more: before this returns if the server is
/// not running, else on the thread that gives it up last, most often a worker. It must not block.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_fallback(
    server: *mut hr_server,
    handler: hr_handler_fn,
    user: *mut c_void,
    user_free: FreeFn,
) -> hr_result {
    let user = UserData::new(user, user_free);
    guard(move || {
        // SAFETY: NULL or valid, by the contract of the header.
        let server = unsafe { shared(server, "server")? };
        server.inner.fallback(server.handler(handler, user)?);
        Ok(())
    })
}

fn duplicate(fd: c_int) -> Result<OwnedFd> {
    if fd < 0 {
        return Err(invalid("fd", &format!("expected an open descriptor, got {fd}")));
    }
    // SAFETY: not -1; if it is not open, duplicating fails and nothing else is done with it.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    borrowed.try_clone_to_owned().map_err(|error| invalid("fd", &error.to_string()))
}

/// `error`, which speaks of the duplicate, with the number that the caller knows.
fn about_the_callers(error: Error, duplicate: c_int, fd: c_int) -> Error {
    let theirs = format!("descriptor {fd}:");
    let message = error.message().replacen(&format!("descriptor {duplicate}:"), &theirs, 1);
    Error::new(error.code(), message)
}
