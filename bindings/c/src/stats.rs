//! Statistics as a C struct that can grow.

mod layout;
mod room;

pub use layout::hr_stats;

use crate::error::hr_result;
use crate::ffi::{guard, invalid, shared};
use crate::server::hr_server;
use crate::strings::Buffer;
use http_responder::Result;
use http_responder::stats::Format;
use room::Room;
use std::ffi::c_char;

/// How statistics are written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum hr_format {
    /// A table for people: name, sum, each worker.
    HR_FORMAT_TEXT = 0,
    /// A JSON object.
    HR_FORMAT_JSON = 1,
    /// Prometheus text exposition format 0.0.4.
    HR_FORMAT_PROMETHEUS = 2,
}

/// Stands for `hr_format` where C passes one in: C may pass any number.
///
/// cbindgen:ignore
pub type RawFormat = u32;

/// Writes the statistics of all workers, summed, into *stats, whose struct_size you have set. Any
/// thread, at any time; workers are not stopped for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_stats(
    server: *const hr_server,
    stats: *mut hr_stats,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, room) = unsafe { (shared(server, "server")?, Room::new(stats)?) };
        room.write(&server.inner.stats().into());
        Ok(())
    })
}

/// As hr_server_stats(), for one worker: 0 to hr_server_workers() - 1.
///
/// HR_ERR_INVALID_ARGUMENT for a worker that is not there, or for struct_size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_worker_stats(
    server: *const hr_server,
    worker: u32,
    stats: *mut hr_stats,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, room) = unsafe { (shared(server, "server")?, Room::new(stats)?) };
        room.write(&server.inner.worker_stats(worker)?.into());
        Ok(())
    })
}

/// Writes the statistics of each worker and their sum into `buf` as text. They move on between
/// asking for the size and fetching the text: allow for some octets more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_stats_text(
    server: *const hr_server,
    format: RawFormat,
    buf: *mut c_char,
    cap: usize,
    need: *mut usize,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, buffer) = unsafe { (shared(server, "server")?, Buffer::new(buf, cap, need)?) };
        buffer.write(&server.inner.stats_text(known_format(format)?))
    })
}

fn known_format(format: RawFormat) -> Result<Format> {
    const TEXT: RawFormat = hr_format::HR_FORMAT_TEXT as RawFormat;
    const JSON: RawFormat = hr_format::HR_FORMAT_JSON as RawFormat;
    const PROMETHEUS: RawFormat = hr_format::HR_FORMAT_PROMETHEUS as RawFormat;
    match format {
        TEXT => Ok(Format::Text),
        JSON => Ok(Format::Json),
        PROMETHEUS => Ok(Format::Prometheus),
        other => Err(invalid("format", &format!("expected an HR_FORMAT_ number, got {other}"))),
    }
}
