//! Many short texts in one block of memory.

use std::ops::Range;

/// Octets of several pieces, one behind the other.
#[derive(Default)]
pub(crate) struct Pieces {
    octets: Vec<u8>,
    ends: Vec<u32>,
}

impl Pieces {
    /// Room for `count` pieces of `octets` together.
    pub(crate) fn with_capacity(count: usize, octets: usize) -> Pieces {
        Pieces { octets: Vec::with_capacity(octets), ends: Vec::with_capacity(count) }
    }

    /// Adds a piece behind the others.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.octets.extend_from_slice(piece);
        // Of a request head, which is shorter.
        self.ends.push(self.octets.len() as u32);
    }

    /// The piece `index`; empty where there is none.
    pub(crate) fn get(&self, index: usize) -> &[u8] {
        let Some(&end) = self.ends.get(index) else { return b"" };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.octets[start as usize..end as usize]
    }

    /// The piece `index`, which is ASCII or UTF-8.
    pub(crate) fn text(&self, index: usize) -> &str {
        std::str::from_utf8(self.get(index)).unwrap_or_default()
    }

    /// The pieces of `range`, two by two.
    pub(crate) fn pairs(&self, range: Range<usize>) -> impl Iterator<Item = (&str, &[u8])> {
        range.step_by(2).map(|index| (self.text(index), self.get(index + 1)))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_piece_comes_back_as_it_was() {
        let mut pieces = Pieces::with_capacity(4, 16);
        for piece in ["GET", "", "name", "value"] {
            pieces.push(piece.as_bytes());
        }
        assert_eq!((pieces.text(0), pieces.text(1), pieces.len()), ("GET", "", 4));
        assert_eq!(pieces.pairs(2..4).collect::<Vec<_>>(), [("name", &b"value"[..])]);
        assert_eq!(pieces.get(4), b"");
    }
}
