//! Statistics: declared once in [`table`], counted per worker in [`cells`], summed in a
//! [`Snapshot`], written out by [`render`].

pub mod cells;
pub mod render;
pub(crate) mod servstats;
pub mod table;

pub use cells::Cell;
pub use render::Format;
pub use table::{Cells, Kind, Row, Snapshot, TABLE};
