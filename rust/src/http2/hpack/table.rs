//! The dynamic table (RFC 7541 section 2.3): what the client has had remembered, the newest first.

use super::statics::STATIC;
use std::collections::VecDeque;

/// What an entry counts for beyond its octets (RFC 7541 section 4.1).
const OVERHEAD: usize = 32;

/// A field: its name and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http2) struct Field<'f> {
    pub(in crate::http2) name: &'f [u8],
    pub(in crate::http2) value: &'f [u8],
}

#[derive(Debug)]
struct Entry {
    octets: Box<[u8]>,
    name: usize,
}

/// The entries, and what they count for.
#[derive(Debug, Default)]
pub(super) struct Table {
    entries: VecDeque<Entry>,
    size: usize,
    limit: usize,
}

impl Table {
    pub(super) fn new(limit: usize) -> Self {
        Table { limit, ..Table::default() }
    }

    /// The field at `index`, of both tables; 1 is the first.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<Field<'_>> {
        if let Some((name, value)) = STATIC.get(index.checked_sub(1)?) {
            return Some(Field { name, value });
        }
        let Entry { octets, name } = self.entries.get(index - 1 - STATIC.len())?;
        let (name, value) = octets.split_at(*name);
        Some(Field { name, value })
    }

    /// Adds a field; what is too large for the table empties it (RFC 7541 section 4.4).
    pub(super) fn add(&mut self, field: Field<'_>) {
        let size = field.name.len() + field.value.len() + OVERHEAD;
        self.shrink(self.limit.saturating_sub(size));
        if size <= self.limit {
            let octets = [field.name, field.value].concat().into();
            self.entries.push_front(Entry { octets, name: field.name.len() });
            self.size += size;
        }
    }

    /// Says how much the entries may count for from now on.
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
        self.shrink(limit);
    }

    /// Octets of memory that it holds, about.
    pub(super) fn memory(&self) -> usize {
        self.size + self.entries.capacity() * size_of::<Entry>()
    }

    fn shrink(&mut self, size: usize) {
        while self.size > size {
            let Some(entry) = self.entries.pop_back() else { break };
            self.size -= entry.octets.len() + OVERHEAD;
        }
        if self.entries.is_empty() {
            self.entries = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &'static str, value: &'static str) -> Field<'static> {
        Field { name: name.as_bytes(), value: value.as_bytes() }
    }

    #[test]
    fn the_newest_entry_stands_behind_the_static_table() {
        let mut table = Table::new(4096);
        assert_eq!(table.get(0), None);
        assert_eq!(table.get(2), Some(field(":method", "GET")));
        assert_eq!(table.get(61), Some(field("www-authenticate", "")));
        assert_eq!(table.get(62), None);
        table.add(field("a", "1"));
        table.add(field("b", "2"));
        assert_eq!(table.get(62), Some(field("b", "2")));
        assert_eq!(table.get(63), Some(field("a", "1")));
    }

    #[test]
    fn the_oldest_ones_go_where_there_is_no_room() {
        let mut table = Table::new(2 * (OVERHEAD + 2));
        for name in ["a", "b", "c"] {
            table.add(field(name, "1"));
        }
        assert_eq!(table.get(63), Some(field("b", "1")));
        assert_eq!(table.get(64), None);
        table.set_limit(OVERHEAD + 2);
        assert_eq!((table.get(62), table.get(63)), (Some(field("c", "1")), None));
        table.add(field("far too large for this table", "1"));
        assert_eq!((table.get(62), table.size), (None, 0));
    }
}
