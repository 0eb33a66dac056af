//! Status codes and their reason phrases (RFC 9110 section 15, RFC 6585).

/// The standard reason phrase; `Unknown` for a code that has none.
pub fn reason_phrase(status: u16) -> &'static str {
    let _ = status;
    todo!()
}
