//! Something of a few of a worker's connections, by their slots in the pool. It takes memory where
//! such connections are and none where there are none.

/// Slots of one chunk.
const CHUNK: usize = 1024;

/// Values by slot.
#[derive(Debug)]
pub(super) struct Sparse<T> {
    chunks: Vec<Option<Box<Chunk<T>>>>,
    /// The last chunk that ran empty, for the next that is needed.
    spare: Option<Box<Chunk<T>>>,
}

#[derive(Debug)]
struct Chunk<T> {
    used: usize,
    values: [Option<T>; CHUNK],
}

impl<T: Copy> Sparse<T> {
    pub(super) const fn new() -> Self {
        Sparse { chunks: Vec::new(), spare: None }
    }

    /// The value at slot `index`, if there is one.
    #[inline]
    pub(super) fn get(&self, index: u32) -> Option<T> {
        self.chunks.get(index as usize / CHUNK)?.as_ref()?.values[index as usize % CHUNK]
    }

    /// Puts a value at slot `index`.
    pub(super) fn put(&mut self, index: u32, value: T) {
        let at = index as usize / CHUNK;
        if at >= self.chunks.len() {
            self.chunks.resize_with(at + 1, || None);
        }
        let spare = &mut self.spare;
        let chunk = self.chunks[at].get_or_insert_with(|| {
            let fresh = || Box::new(Chunk { used: 0, values: [None; CHUNK] });
            spare.take().unwrap_or_else(fresh)
        });
        let before = chunk.values[index as usize % CHUNK].replace(value);
        chunk.used += usize::from(before.is_none());
    }

    /// Takes the value at slot `index` out.
    #[inline]
    pub(super) fn take(&mut self, index: u32) -> Option<T> {
        let place = self.chunks.get_mut(index as usize / CHUNK)?;
        let chunk = place.as_mut()?;
        let value = chunk.values[index as usize % CHUNK].take()?;
        chunk.used -= 1;
        if chunk.used == 0 {
            self.spare = place.take();
        }
        Some(value)
    }

    /// Every value.
    pub(super) fn values(&self) -> impl Iterator<Item = T> {
        self.chunks.iter().flatten().flat_map(|chunk| chunk.values.iter().flatten().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_found_until_it_is_taken() {
        let mut sparse = Sparse::new();
        assert_eq!(sparse.get(5000), None);
        sparse.put(5000, 1);
        sparse.put(5000, 2);
        sparse.put(3, 7);
        assert_eq!((sparse.get(5000), sparse.get(4999)), (Some(2), None));
        assert_eq!(sparse.values().collect::<Vec<_>>(), [7, 2]);
        assert_eq!((sparse.take(5000), sparse.take(5000)), (Some(2), None));
        assert_eq!((sparse.get(5000), sparse.get(3)), (None, Some(7)));
        assert_eq!(sparse.take(90_000), None);
    }

    #[test]
    fn a_chunk_that_is_empty_is_gone_but_for_one() {
        let mut sparse = Sparse::new();
        let slots = 4 * CHUNK as u32;
        (0..slots).for_each(|index| sparse.put(index, index));
        assert!((0..slots).all(|index| sparse.get(index) == Some(index)));
        (0..slots).for_each(|index| _ = sparse.take(index));
        assert!(sparse.chunks.iter().all(Option::is_none) && sparse.spare.is_some());
        sparse.put(0, 1);
        assert!(sparse.spare.is_none());
        assert_eq!((sparse.get(0), sparse.get(1)), (Some(1), None));
    }
}
