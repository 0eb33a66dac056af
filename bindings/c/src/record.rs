//! The record of a server: its last requests with their answers.

use crate::error::hr_result;
use crate::ffi::{Out, guard, guard_or, hand_out, release, shared};
use crate::server::hr_server;
use crate::strings::{hr_str, text};
use http_responder::record::Recorded;
use std::ffi::c_char;
use std::sync::{Arc, OnceLock};

/// What a server had recorded when it was asked: requests with their answers, in the order of the
/// answers. It is yours, and stays as it is. Any thread may read it, several at once.
pub struct hr_records {
    all: Vec<hr_record>,
}

/// A request with its answer, as they went over the wire. It belongs to the hr_records that it is of,
/// and so does every hr_str that it gives.
pub struct hr_record {
    inner: Arc<Recorded>,
    /// Chunks are taken apart at the first question; an hr_str needs what stays.
    answer_body: OnceLock<Box<[u8]>>,
}

impl hr_record {
    fn new(inner: Arc<Recorded>) -> Self {
        hr_record { inner, answer_body: OnceLock::new() }
    }

    /// A word of the first line of the request.
    fn word(&self, index: usize) -> Option<&[u8]> {
        self.inner.request_line().map(|words| words[index].as_bytes())
    }
}

/// Records the last `size` requests with their answers, whoever gives them, and `max_body` octets of
/// each body and of each answer with its head. None of so many is missing. Each answer costs a copy
/// then, and memory as long as it is there.
///
/// HR_ERR_INVALID_ARGUMENT for a size of 0 or more than a million, HR_ERR_STATE once started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_record(
    server: *mut hr_server,
    size: usize,
    max_body: usize,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let server = unsafe { shared(server, "server")? };
        server.inner.record(size, max_body)
    })
}

/// Gives what is recorded; with `forget` it begins anew. None where hr_server_record() was not called
/// or the server never started. Free *records with hr_records_free(); it may outlive the server.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_server_recorded(
    server: *const hr_server,
    forget: bool,
    records: *mut *mut hr_records,
) -> hr_result {
    guard(|| {
        // SAFETY: NULL or valid, by the contract of the header.
        let (server, out) =
            unsafe { (shared(server, "server")?, Out::required(records, "records")?) };
        let all = server.inner.recorded(forget).into_iter().map(hr_record::new).collect();
        out.write(hand_out(hr_records { all }));
        Ok(())
    })
}

/// Frees what hr_server_recorded() gave, and every hr_record and hr_str of it. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_records_free(records: *mut hr_records) {
    // SAFETY: the header asks for NULL or what hr_server_recorded gave, freed once.
    unsafe { release(records) }
}

/// How many there are; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_records_count(records: *const hr_records) -> usize {
    // SAFETY: NULL or valid, by the contract of the header.
    guard_or(0, || Ok(unsafe { shared(records, "records")? }.all.len()))
}

/// The one at `index`, from 0 on; NULL behind the last one, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_records_at(
    records: *const hr_records,
    index: usize,
) -> *const hr_record {
    guard_or(std::ptr::null(), || {
        // SAFETY: NULL or valid, by the contract of the header.
        let records = unsafe { shared(records, "records")? };
        Ok(records.all.get(index).map_or(std::ptr::null(), std::ptr::from_ref))
    })
}

/// Asks `record` for octets; absent for NULL.
///
/// # Safety
/// `record` is NULL or valid.
unsafe fn view(
    record: *const hr_record,
    part: impl for<'r> FnOnce(&'r hr_record) -> Option<&'r [u8]>,
) -> hr_str {
    guard_or(hr_str::ABSENT, || {
        // SAFETY: the caller's promise.
        Ok(hr_str::of_option(part(unsafe { shared(record, "record")? })))
    })
}

/// Looks for the field `name`, compared without case, among `fields`; whether it is there.
///
/// # Safety
/// `record` is NULL or valid, `name` NULL or NUL-terminated, `value` NULL or valid for writing.
unsafe fn field<'r, F: Iterator<Item = (&'r [u8], &'r [u8])>>(
    record: *const hr_record,
    name: *const c_char,
    value: *mut hr_str,
    fields: impl FnOnce(&'r Recorded) -> F,
) -> bool {
    guard_or(false, || {
        // SAFETY: the caller's promise.
        let (record, name, out) =
            unsafe { (shared(record, "record")?, text(name, "name")?, Out::optional(value)) };
        let mut fields = fields(&record.inner);
        let found = fields.find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
        let Some((_, found)) = found else { return Ok(false) };
        out.write(hr_str::of(found));
        Ok(true)
    })
}

/// The method as sent; absent where the request was not understood.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_record_method(record: *const hr_record) -> hr_str {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe { view(record, |record| record.word(0)) }
}

/// The target as sent, "/a/b?c=d"; absent where the request was not understood.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_record_target(record: *const hr_record) -> hr_str {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe { view(record, |record| record.word(1)) }
}

/// The head of the request as HTTP/1.1 has it, with its empty line, also where it came over HTTP/2;
/// the first line of what was not understood.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_record_request_head(record: *const hr_record) -> hr_str {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe { view(record, |record| Some(record.inner.request_head())) }
}

/// Whether the request has a field `name`, compared without case; *value, which may be NULL, becomes
/// its first value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_record_request_header(
    record: *const hr_record,
    name: *const c_char,
    value: *mut hr_str,
) -> bool {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe { field(record, name, value, Recorded::request_fields) }
}

/// The body of the request, decoded from its transfer coding, as far as it is kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_record_request_body(record: *const hr_record) -> hr_str {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe { view(record, |record| Some(record.inner.request_body())) }
}

/// The status of the answer; 0 where there was none, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_record_status(record: *const hr_record) -> u32 {
    // SAFETY: NULL or valid, by the contract of the header.
    guard_or(0, || Ok(unsafe { shared(record, "record")? }.inner.status().into()))
}

/// The head of the answer with its empty line; empty where there was none, or none that is HTTP.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_record_answer_head(record: *const hr_record) -> hr_str {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe { view(record, |record| Some(record.inner.answer_head())) }
}

/// Whether the answer has a field `name`, compared without case; *value, which may be NULL, becomes
/// its first value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_record_answer_header(
    record: *const hr_record,
    name: *const c_char,
    value: *mut hr_str,
) -> bool {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe { field(record, name, value, Recorded::answer_fields) }
}

/// The body of the answer, without chunks, as far as it is kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_record_answer_body(record: *const hr_record) -> hr_str {
    // SAFETY: NULL or valid, by the contract of the header.
    unsafe {
        view(record, |record| {
            let body = || record.inner.answer_body().into_owned().into();
            Some(record.answer_body.get_or_init(body))
        })
    }
}

/// Whether both bodies are kept to their ends; false for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_record_is_whole(record: *const hr_record) -> bool {
    // SAFETY: NULL or valid, by the contract of the header.
    guard_or(false, || Ok(unsafe { shared(record, "record")? }.inner.is_whole()))
}

/// When the answer was prepared, of a stream its end, in microseconds since 1970; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_record_ended_us(record: *const hr_record) -> u64 {
    // SAFETY: NULL or valid, by the contract of the header.
    guard_or(0, || Ok(unsafe { shared(record, "record")? }.inner.ended()))
}

/// Microseconds from the whole head of the request to then; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hr_record_took_us(record: *const hr_record) -> u64 {
    // SAFETY: NULL or valid, by the contract of the header.
    guard_or(0, || Ok(unsafe { shared(record, "record")? }.inner.took()))
}
