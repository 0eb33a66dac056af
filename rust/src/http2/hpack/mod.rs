//! Field sections as HTTP/2 packs them (RFC 7541).
//!
//! | file | idea |
//! | --- | --- |
//! | `codes`, `huffman` | strings in the Huffman code |
//! | `statics` | the table that everybody has |
//! | `table` | the table that the client fills |
//! | `decoder` | a field section, field by field |
//! | `encoder` | fields without a table: what is sent often is packed once, for every connection |

mod codes;
mod decoder;
pub(super) mod encoder;
mod huffman;
mod statics;
mod table;

pub(super) use decoder::Decoder;
pub(super) use table::Field;
