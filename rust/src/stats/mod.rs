//! Statistics: declared once in [`table`], counted per worker in [`cells`], summed in a
//! [`Snapshot`], written out by [`render`]. What only the admin side wants to know is in `latency`
//! and `hosts`.

pub mod cells;
pub(crate) mod hosts;
pub(crate) mod latency;
pub mod render;
pub(crate) mod requests;
pub(crate) mod servstats;
pub mod table;

pub use cells::Cell;
pub use render::Format;
pub use table::{Cells, Kind, Row, Snapshot, TABLE};
