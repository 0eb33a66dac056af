//! A request as a handler sees it.

use crate::ffi::{Out, guard_or, hand_out, invalid, release, shared};
use crate::strings::{hr_str, text};
use http_responder::certificates::ClientIdentity;
use http_responder::http::Version;
use http_responder::{OwnedRequest, Request, Result};
use std::ffi::c_char;
use std::sync::OnceLock;

/// A whole request, valid until the handler returns, and so is every hr_str that it gives: copy
/// what you want to keep, or all of it with hr_request_clone(). It may be read from several threads.
pub struct hr_request<'r> {
    inner: Inner<'r>,
    /// The engine gives the address as a fresh string; an hr_str needs one that stays.
    peer: OnceLock<Option<String>>,
    /// What the client's certificate says, read at the first question.
    identity: OnceLock<Option<ClientIdentity>>,
}

enum Inner<'r> {
    /// The handler's.
    Live(&'r Request<'r>),
    /// Its copy.
    Kept(OwnedRequest),
}

/// The same of both.
macro_rules! of_either {
    ($request:expr, $inner:ident => $what:expr) => {
        match &$request.inner {
            Inner::Live($inner) => $what,
            Inner::Kept($inner) => $what,
        }
    };
}

/// The version of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum hr_version {
    /// HTTP/1.0
    HR_HTTP_1_0 = 10,
    /// HTTP/1.1
    HR_HTTP_1_1 = 11,
    /// HTTP/2
    HR_HTTP_2 = 20,
}

impl<'r> hr_request<'r> {
    pub(crate) fn new(inner: &'r Request<'r>) -> Self {
        hr_request::of(Inner::Live(inner))
    }

    /// A copy that belongs to C.
    pub(crate) fn kept(request: OwnedRequest) -> hr_request<'static> {
        hr_request::of(Inner::Kept(request))
    }

    fn of(inner: Inner<'r>) -> Self {
        hr_request { inner, peer: OnceLock::new(), identity: OnceLock::new() }
    }

    /// The request that the handler was given; `None` if this is a copy.
    pub(crate) fn live(&self) -> Option<&'r Request<'r>> {
        if let Inner::Live(inner) = self.inner { Some(inner) } else { None }
    }

    /// Name and value of a field line.
    fn header_at(&self, index: usize) -> Option<(&str, &[u8])> {
        match &self.inner {
            Inner::Live(inner) => inner.headers().get(index).map(|field| (field.name, field.value)),
            Inner::Kept(inner) => inner.headers().nth(index),
        }
    }

    fn certificate(&self) -> Option<&[u8]> {
        of_either!(self, inner => inner.client_certificate())
    }

    fn subject(&self) -> Option<&str> {
        let read = || ClientIdentity::of(self.certificate()?);
        self.identity.get_or_init(read).as_ref().map(|identity| identity.subject.as_str())
    }

    fn peer(&self) -> Option<&str> {
        match &self.inner {
            Inner::Live(inner) => self.peer.get_or_init(|| inner.peer()).as_deref(),
            Inner::Kept(inner) => inner.peer(),
        }
    }
}

/// A copy of `request`, its body included, that is yours: any thread may use it, and you free it
/// with hr_request_free(). NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_clone(
    request: *const hr_request<'_>,
) -> *mut hr_request<'static> {
    guard_or(std::ptr::null_mut(), || {
        // SAFETY: NULL or valid, by the contract of the header.
        let copy = match &unsafe { shared(request, "request")? }.inner {
            Inner::Live(inner) => inner.keep(),
            Inner::Kept(inner) => inner.clone(),
        };
        Ok(hand_out(hr_request::kept(copy)))
    })
}

/// Frees a copy that hr_request_clone() made; never a request that a handler was given. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_free(request: *mut hr_request<'static>) {
    // SAFETY: the header asks for NULL or what hr_request_clone gave, freed once.
    unsafe { release(request) }
}

/// Asks `request` for text; absent for NULL.
///
/// # Safety
/// `request` is NULL or valid.
unsafe fn view(
    request: *const hr_request<'_>,
    part: impl for<'r> FnOnce(&'r hr_request<'r>) -> Option<&'r [u8]>,
) -> hr_str {
    guard_or(hr_str::ABSENT, || {
        // SAFETY: the caller's promise.
        Ok(hr_str::of_option(part(unsafe { shared(request, "request")? })))
    })
}

/// The method as sent: "GET".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_method(request: *const hr_request<'_>) -> hr_str {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe {
        view(request, |request| Some(of_either!(request, inner => inner.method_name()).as_bytes()))
    }
}

/// The request target as sent: "/a/b?c=d".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_target(request: *const hr_request<'_>) -> hr_str {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe {
        view(request, |request| Some(of_either!(request, inner => inner.target()).as_bytes()))
    }
}

/// The path, not percent-decoded: "/a/b".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_path(request: *const hr_request<'_>) -> hr_str {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe { view(request, |request| Some(of_either!(request, inner => inner.path()).as_bytes())) }
}

/// The query without its "?", not decoded: "c=d". Absent where there is no "?".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_query(request: *const hr_request<'_>) -> hr_str {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe {
        view(request, |request| of_either!(request, inner => inner.query()).map(str::as_bytes))
    }
}

/// The host asked for, with its port if one was sent. Absent where an HTTP/1.0 client sent none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_host(request: *const hr_request<'_>) -> hr_str {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe {
        view(request, |request| of_either!(request, inner => inner.host()).map(str::as_bytes))
    }
}

/// The body, whole and decoded; empty if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_body(request: *const hr_request<'_>) -> hr_str {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe { view(request, |request| Some(of_either!(request, inner => inner.body()))) }
}

/// The client's address: "127.0.0.1:4711", "[::1]:4711", "unix:". Absent if the client has left.
/// The socket is asked at the first call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_peer(request: *const hr_request<'_>) -> hr_str {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe { view(request, |request| request.peer().map(str::as_bytes)) }
}

/// Whether the request came over TLS; false for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_is_tls(request: *const hr_request<'_>) -> bool {
    guard_or(false, || {
        // SAFETY: NULL or valid, by the contract of the header.
        let request = unsafe { shared(request, "request")? };
        Ok(of_either!(request, inner => inner.is_secured()))
    })
}

/// The certificate that the client has shown over TLS, in DER, found good by the CAs of the option
/// "client_ca" or hr_server_trust_clients(). Absent where it has shown none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_peer_certificate(request: *const hr_request<'_>) -> hr_str {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe { view(request, |request| request.certificate()) }
}

/// Who that certificate is for: its subject, as text such as "CN=alice, O=Example". Absent where the
/// client has shown none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_peer_subject(request: *const hr_request<'_>) -> hr_str {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe { view(request, |request| request.subject().map(str::as_bytes)) }
}

/// The version of the request; HR_HTTP_1_0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_version(request: *const hr_request<'_>) -> hr_version {
    guard_or(hr_version::HR_HTTP_1_0, || {
        // SAFETY: NULL or valid, by the contract of the header.
        let request = unsafe { shared(request, "request")? };
        Ok(match of_either!(request, inner => inner.version()) {
            Version::Http10 => hr_version::HR_HTTP_1_0,
            Version::Http11 => hr_version::HR_HTTP_1_1,
            Version::Http2 => hr_version::HR_HTTP_2,
        })
    })
}

/// Whether the request has a field `name`, compared without case; *value, which may be NULL,
/// becomes its first value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_header(
    request: *const hr_request<'_>,
    name: *const c_char,
    value: *mut hr_str,
) -> bool {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe {
        look_up(
            request,
            name,
            value,
            |request, name| of_either!(request, inner => inner.header(name)),
        )
    }
}

/// How many field lines the request has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_header_count(request: *const hr_request<'_>) -> usize {
    guard_or(0, || {
        // SAFETY: NULL or valid, by the contract of the header.
        let request = unsafe { shared(request, "request")? };
        Ok(of_either!(request, inner => inner.headers().len()))
    })
}

/// Name and value of the field line `index`, in the order in which they came: 0 to
/// hr_request_header_count() - 1. `name` and `value` may be NULL. False beyond the last one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_header_at(
    request: *const hr_request<'_>,
    index: usize,
    name: *mut hr_str,
    value: *mut hr_str,
) -> bool {
    guard_or(false, || {
        // SAFETY: NULL or valid, by the contract of the header.
        let (request, name, value) =
            unsafe { (shared(request, "request")?, Out::optional(name), Out::optional(value)) };
        let (found, content) = request.header_at(index).ok_or_else(|| {
            let count = of_either!(request, inner => inner.headers().len());
            invalid("index", &format!("expected a number below {count}, got {index}"))
        })?;
        name.write(hr_str::of(found.as_bytes()));
        value.write(hr_str::of(content));
        Ok(true)
    })
}

/// Whether the route's pattern has a parameter `name`; *value, which may be NULL, becomes what it
/// took from the path, not percent-decoded: of "/hello/{name}" and "/hello/x" it is "x".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_request_param(
    request: *const hr_request<'_>,
    name: *const c_char,
    value: *mut hr_str,
) -> bool {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe {
        look_up(request, name, value, |request, name| {
            of_either!(request, inner => inner.param(name)).map(str::as_bytes)
        })
    }
}

/// Looks something up by name.
///
/// # Safety
/// `request` and `name` are NULL or valid, `value` is NULL or valid for writing.
unsafe fn look_up(
    request: *const hr_request<'_>,
    name: *const c_char,
    value: *mut hr_str,
    find: impl for<'r> FnOnce(&'r hr_request<'r>, &str) -> Option<&'r [u8]>,
) -> bool {
    guard_or(false, || -> Result<bool> {
        // SAFETY: the caller's promise.
        let (request, name, out) =
            unsafe { (shared(request, "request")?, text(name, "name")?, Out::optional(value)) };
        let found = find(request, name);
        if let Some(octets) = found {
            out.write(hr_str::of(octets));
        }
        Ok(found.is_some())
    })
}
