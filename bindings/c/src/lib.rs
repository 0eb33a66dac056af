//! The C ABI of http_responder: `hr_*` functions over the engine, one file per noun.
//!
//! `include/http_responder.h` is made from these files, so the comments of what is exported speak
//! to the reader of C; the page at its top, and the contract that every `SAFETY` line here appeals
//! to, stand in `cbindgen.toml`. `ffi` is the machinery of the boundary: every function is
//! guarded, so that no panic reaches C.

// Without TLS nobody has a certificate: its type has no value.
#![cfg_attr(not(feature = "tls"), allow(unreachable_code))]
#![allow(non_camel_case_types, reason = "the names are those of C")]
#![allow(clippy::missing_safety_doc, reason = "the header's first page states it for all")]
#![allow(rustdoc::broken_intra_doc_links, reason = "[::1] is an address to the reader of C")]

// In the order of the header; the empty lines keep rustfmt from sorting them.
pub mod error;
pub mod strings;

pub mod config;
pub mod server;

pub mod life;

pub mod admin;
pub mod ca;
pub mod certificate;

pub mod handler;
pub mod host;
pub mod request;

pub mod exchange;
pub mod response;

pub mod deferred;
pub mod upload;
pub mod writer;

pub mod record;
pub mod stats;

mod ffi;
mod sync;

use std::ffi::{CStr, c_char};

http_responder::reserve_memory!();

/// The number of the ABI that this header describes, the one in the soname. Compare it with
/// hr_abi_version() where the library is loaded at run time.
pub const HR_ABI_VERSION: u32 = 0;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("the version holds a NUL"),
    };

/// The number of the ABI that the library has; see HR_ABI_VERSION.
#[unsafe(no_mangle)]
pub extern "C" fn hr_abi_version() -> u32 {
    HR_ABI_VERSION
}

/// The version of the library: "0.1.0". Constant, never freed.
#[unsafe(no_mangle)]
pub extern "C" fn hr_version_string() -> *const c_char {
    VERSION.as_ptr()
}
