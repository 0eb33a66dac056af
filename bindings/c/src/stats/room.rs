//! The caller's struct, of which only the size is known.

use super::hr_stats;
use crate::ffi::invalid;
use http_responder::{Error, Result};

/// The caller's struct, which may be smaller or larger than this library's.
pub(super) struct Room {
    stats: *mut hr_stats,
    size: usize,
}

impl Room {
    /// The octets in front of the first statistic.
    const HEAD: usize = std::mem::offset_of!(hr_stats, connections_handled);
    /// More than any version's struct will have: a size that was never set is most often beyond
    /// it, and must not be believed, as that many octets would be zeroed.
    const MOST: usize = 4096;

    /// Looks at `struct_size`, the one field that must be set.
    ///
    /// # Safety
    /// `stats` is NULL or points to `struct_size` octets, valid for writing.
    pub(super) unsafe fn new(stats: *mut hr_stats) -> Result<Self> {
        if stats.is_null() {
            return Err(invalid("stats", "must not be NULL"));
        }
        // SAFETY: not NULL; only the first field is touched, as the rest may not be there.
        let size = unsafe { (&raw const (*stats).struct_size).read() } as usize;
        let possible = (Self::HEAD..=Self::MOST).contains(&size) && size.is_multiple_of(8);
        if possible { Ok(Room { stats, size }) } else { Err(impossible(size)) }
    }

    /// Writes as many octets as the caller has room for; what this library does not know is zeroed.
    pub(super) fn write(self, stats: &hr_stats) {
        let known = self.size.min(size_of::<hr_stats>());
        let source = std::ptr::from_ref(stats).cast::<u8>();
        let target = self.stats.cast::<u8>();
        let first = size_of::<u32>();
        // SAFETY: `target` has `size` octets by the promise at construction, and `known` is at most
        // that and the size of `source`; `struct_size` stays as the caller wrote it.
        unsafe {
            target.add(first).copy_from_nonoverlapping(source.add(first), known - first);
            target.add(known).write_bytes(0, self.size - known);
        }
    }
}

fn impossible(size: usize) -> Error {
    invalid("struct_size", &format!("expected sizeof(hr_stats), got {size}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_responder::stats::{Snapshot, TABLE};

    /// A snapshot in which every statistic has another value.
    fn snapshot() -> Snapshot {
        Snapshot::of(std::array::from_fn(|at| 1 + at as u64))
    }

    fn words(size: usize) -> Vec<u64> {
        let mut room = vec![u64::MAX; size_of::<hr_stats>() / 8 + 4];
        let target = room.as_mut_ptr().cast::<hr_stats>();
        // SAFETY: `room` is larger than hr_stats and aligned for it.
        unsafe {
            (&raw mut (*target).struct_size).write(size as u32);
            Room::new(target).unwrap().write(&snapshot().into());
        }
        room
    }

    #[test]
    fn the_struct_is_the_table_in_its_order() {
        assert_eq!(size_of::<hr_stats>(), 8 + 8 * TABLE.len());
        assert_eq!(words(size_of::<hr_stats>())[1..=TABLE.len()], snapshot().values());
    }

    #[test]
    fn a_smaller_struct_gets_only_what_it_has_room_for() {
        assert_eq!(words(16)[1..4], [1, u64::MAX, u64::MAX]);
    }

    #[test]
    fn what_a_larger_struct_has_beyond_is_zeroed() {
        let end = size_of::<hr_stats>();
        let last = TABLE.len() as u64;
        assert_eq!(words(end + 16)[end / 8 - 1..], [last, 0, 0, u64::MAX, u64::MAX]);
    }

    #[test]
    fn a_size_that_no_struct_has_is_an_error() {
        let mut stats = hr_stats::from(snapshot());
        let mut is_taken = |size| {
            stats.struct_size = size;
            // SAFETY: a live local, of which only the size is read.
            unsafe { Room::new(&mut stats) }.is_ok()
        };
        assert_eq!([0, 4, 7, 9, 15, 20].map(&mut is_taken), [false; 6]);
        assert_eq!([4097, 4104, u32::MAX, u32::MAX - 7].map(&mut is_taken), [false; 4]);
        assert_eq!([8, 16, 4096].map(&mut is_taken), [true; 3]);
        assert!(size_of::<hr_stats>() <= Room::MOST);
    }
}
