//! Certificates from memory, a CA from memory, those of clients, and a say in which one is shown.

use crate::error::hr_result;
use crate::ffi::{FreeFn, Out, UserData, guard, hand_out, release, shared};
use crate::server::hr_server;
use crate::strings::{hr_str, octets};
use http_responder::certificates::{Certificate, Choice, ChooseCertificate};
use std::ffi::{c_char, c_void};

/// A certificate with its chain and its key. Any thread may use it, several at once.
pub struct hr_certificate {
    inner: Certificate,
}

/// What a client gets that asks for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum hr_choice {
    /// What it would get without being asked about: the certificate that fits, or one that is made.
    HR_CHOOSE_USUAL = 0,
    /// The certificate that the function has given.
    HR_CHOOSE_CERTIFICATE = 1,
    /// None: the handshake ends with an alert.
    HR_CHOOSE_NONE = 2,
}

/// Stands for `hr_choice` where C passes one in: C may pass any number.
///
/// cbindgen:ignore
pub type RawChoice = u32;

/// Says which certificate a client is shown that asks for `name` (SNI): a valid host name in small
/// letters, absent where it asks for none. Called on worker threads at each handshake, several at
/// once, so `user` must bear that, and it must not block: it holds up the other connections of its
/// worker. `name` is valid until it returns. *certificate, where it gives one, stays yours and must not
/// be freed before the function has been replaced or the server freed.
///
/// A number that is no hr_choice, and HR_CHOOSE_CERTIFICATE without a certificate, are taken for
/// HR_CHOOSE_NONE.
pub type hr_choose_fn = Option<
    unsafe extern "C" fn(
        user: *mut c_void,
        name: hr_str,
        certificate: *mut *const hr_certificate,
    ) -> RawChoice,
>;

/// Reads a certificate and its chain from `length` octets of PEM, with its key in `key_length` octets at
/// `key`, or in the same text where `key` is NULL: PKCS#8, PKCS#1 or SEC1, not encrypted. Both are
/// copied; wipe your copy of the key. Free *certificate with hr_certificate_free().
///
/// HR_ERR_CONFIG for what is malformed, has expired, names nobody (subjectAltName) or does not fit
/// together, saying which.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_certificate_from_pem(
    pem: *const c_char,
    length: usize,
    key: *const c_char,
    key_length: usize,
    certificate: *mut *mut hr_certificate,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid for their lengths, by the contract of the header.
        let (pem, given, out) = unsafe {
            let pem = octets(pem.cast(), length, "pem")?;
            let key_octets = octets(key.cast(), key_length, "key")?;
            (pem, key_octets, Out::required(certificate, "certificate")?)
        };
        let key = (!key.is_null()).then_some(given);
        out.write(hand_out(hr_certificate { inner: Certificate::from_pem(pem, key)? }));
        Ok(())
    })
}

/// Frees a certificate; servers to which it was added keep what they need. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_certificate_free(certificate: *mut hr_certificate) {
    // SAFETY: the header asks for NULL or what hr_certificate_from_pem gave, freed once.
    unsafe { release(certificate) }
}

/// Shows `certificate` to whoever asks for one of its names, before those of files and those that are
/// made; it takes the place of one with the same name that was added before. Also while running.
///
/// HR_ERR_STATE once started without any certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_add_certificate(
    server: *mut hr_server,
    certificate: *const hr_certificate,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, certificate) =
            unsafe { (shared(server, "server")?, shared(certificate, "certificate")?) };
        server.inner.add_certificate(&certificate.inner)
    })
}

/// Makes certificates on the fly with a CA in memory, certificate and key in PEM, as the option "ca_dir"
/// does with one in a folder. Both are copied; wipe your copy of the key.
///
/// HR_ERR_CONFIG for what is no CA, has expired, or does not fit together; HR_ERR_STATE where "ca_dir"
/// names another one, or once started without any certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_use_ca(
    server: *mut hr_server,
    pem: *const c_char,
    length: usize,
    key: *const c_char,
    key_length: usize,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid for their lengths, by the contract of the header.
        let (server, pem, key) = unsafe {
            let pem = octets(pem.cast(), length, "pem")?;
            (shared(server, "server")?, pem, octets(key.cast(), key_length, "key")?)
        };
        server.inner.use_ca(pem, key)
    })
}

/// Asks clients for certificates that one of the CAs in `length` octets of PEM has signed, as the option
/// "client_ca" does; `required` turns those away that have none. hr_request_peer_certificate() says who
/// they are. Before the server starts.
///
/// HR_ERR_CONFIG for what are no CAs; HR_ERR_STATE once started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_trust_clients(
    server: *mut hr_server,
    pem: *const c_char,
    length: usize,
    required: bool,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid for its length, by the contract of the header.
        let (server, pem) =
            unsafe { (shared(server, "server")?, octets(pem.cast(), length, "pem")?) };
        server.inner.trust_clients(pem, required)
    })
}

/// Asks `choose` at each handshake which certificate the client is shown, from the next one on, in the
/// place of a function that was given before; NULL asks nobody any more.
///
/// `user` is passed to `choose`. `user_free`, which may be NULL, is called with it exactly once: when
/// nobody can call `choose` any more, on the thread that gives it up last, or before this returns if it
/// fails. It must not block.
///
/// HR_ERR_STATE once started without any certificate.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_choose_certificates(
    server: *mut hr_server,
    choose: hr_choose_fn,
    user: *mut c_void,
    user_free: FreeFn,
) -> hr_result {
    let user = UserData::new(user, user_free);
    guard(move || {
        // SAFETY: NULL or valid, by the contract of the header.
        let server = unsafe { shared(server, "server")? };
        let chooser = choose
            .map(|function| -> Box<dyn ChooseCertificate> { Box::new(Chooser { function, user }) });
        server.inner.choose_certificates(chooser)
    })
}

/// A C function with its data, as the engine asks it.
struct Chooser {
    function: unsafe extern "C" fn(*mut c_void, hr_str, *mut *const hr_certificate) -> RawChoice,
    user: UserData,
}

impl ChooseCertificate for Chooser {
    fn choose(&self, name: Option<&str>) -> Choice {
        const USUAL: RawChoice = hr_choice::HR_CHOOSE_USUAL as RawChoice;
        const CERTIFICATE: RawChoice = hr_choice::HR_CHOOSE_CERTIFICATE as RawChoice;
        let name = hr_str::of_option(name.map(str::as_bytes));
        let mut chosen: *const hr_certificate = std::ptr::null();
        // SAFETY: the function came as an hr_choose_fn with this pointer; the name and the place
        // outlive the call.
        let choice = unsafe { (self.function)(self.user.pointer(), name, &raw mut chosen) };
        // SAFETY: NULL, or a certificate that the caller keeps, by the contract of the header.
        let chosen = unsafe { chosen.as_ref() };
        match (choice, chosen) {
            (USUAL, _) => Choice::Usual,
            (CERTIFICATE, Some(chosen)) => Choice::Certificate(chosen.inner.clone()),
            _ => Choice::Refuse,
        }
    }
}
