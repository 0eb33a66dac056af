//! Field lines made for one answer, on the stack.

/// Up to `N` octets of whole field lines; what does not fit is left out as a whole line.
pub(crate) struct Lines<const N: usize> {
    room: [u8; N],
    len: usize,
}

impl<const N: usize> Lines<N> {
    pub(crate) fn new() -> Self {
        Lines { room: [0; N], len: 0 }
    }

    /// Adds the line `name: value`, the value in parts that the caller has validated. Returns
    /// whether it fitted.
    pub(crate) fn add<'p>(&mut self, name: &str, parts: impl Iterator<Item = &'p [u8]>) -> bool {
        let start = self.len;
        let whole = self.push(name.as_bytes())
            && self.push(b": ")
            && parts.into_iter().all(|part| self.push(part))
            && self.push(b"\r\n");
        if !whole {
            self.len = start;
        }
        whole
    }

    /// Adds the line `name: value`.
    pub(crate) fn field(&mut self, name: &str, value: &[u8]) -> bool {
        self.add(name, std::iter::once(value))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.room[..self.len]
    }

    fn push(&mut self, bytes: &[u8]) -> bool {
        let end = self.len + bytes.len();
        let Some(room) = self.room.get_mut(self.len..end) else { return false };
        room.copy_from_slice(bytes);
        self.len = end;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_does_not_fit_is_left_out_whole() {
        let mut lines = Lines::<16>::new();
        assert!(lines.field("A", b"1"));
        assert!(!lines.field("Name", b"too long"));
        assert!(lines.add("B", [&b"2"[..], b"3"].into_iter()));
        assert_eq!(lines.as_bytes(), b"A: 1\r\nB: 23\r\n");
        assert!(!lines.field("C", b""));
    }
}
