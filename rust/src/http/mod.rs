//! HTTP/1.0 and 1.1 as bytes (RFC 9110, RFC 9112). Nothing here knows of sockets or time.

pub mod body;
pub mod date;
pub mod head;
pub mod method;
pub mod proxy;
pub mod refusal;
pub mod status;

mod chunked;
pub(crate) mod syntax;

pub use body::{BodyDecoder, Progress};
pub use date::DateLine;
pub use head::{Field, FieldSlots, Framing, Head, Limits, Parsed, Version};
pub use method::Method;
pub use refusal::Refusal;
