//! The C ABI of http_responder.
