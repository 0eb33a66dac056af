//! Field sections as HTTP/2 packs them (RFC 7541).
//!
//! | file | idea |
//! | --- | --- |
//! | `codes`, `huffman` | strings in the Huffman code |
//! | `statics` | the table that everybody has |
//! | `table` | the table that the client fills |
//! | `decoder` | a field section, field by field |
//! | `encoder` | fields as they are packed, once for every connection |
//! | `sent` | the table that we fill, at the client |

mod codes;
mod decoder;
pub(super) mod encoder;
mod huffman;
mod sent;
mod statics;
mod table;

pub(super) use decoder::Decoder;
pub(super) use sent::{DATE, Lines, Sent};
pub(super) use table::Field;
