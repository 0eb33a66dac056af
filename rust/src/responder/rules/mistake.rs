//! What is wrong with a rules file.

use std::fmt;
use std::path::{Path, PathBuf};

/// One mistake: where it stands and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file.
    pub path: PathBuf,
    /// Line and column, from 1; `None` where it concerns the whole file.
    pub place: Option<(usize, usize)>,
    /// The key and what was expected: `rule 3, path: expected ..., got ...`.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.path.display())?;
        if let Some((line, column)) = self.place {
            write!(f, "{line}:{column}:")?;
        }
        write!(f, " {}", self.message)
    }
}

/// Mistakes as they are found. Beyond [`Mistakes::MOST`] they are only counted: nobody reads more, and
/// a file may be wrong a million times.
#[derive(Default)]
pub(super) struct Mistakes {
    told: Vec<Mistake>,
    found: usize,
}

impl Mistakes {
    /// How many are told.
    pub(super) const MOST: usize = 100;

    /// How many were found so far.
    pub(super) fn found(&self) -> usize {
        self.found
    }

    /// Whether no more are told.
    pub(super) fn are_enough(&self) -> bool {
        self.told.len() >= Self::MOST
    }

    /// Takes one in; it is made only if it is told.
    pub(super) fn add(&mut self, mistake: impl FnOnce() -> Mistake) {
        self.found += 1;
        if !self.are_enough() {
            self.told.push(mistake());
        }
    }

    /// Those from number `first` on in the order of the file at `path`, those of lists that it names
    /// behind.
    pub(super) fn sort(&mut self, first: usize, path: &Path) {
        let first = first.min(self.told.len());
        self.told[first..].sort_by_cached_key(|mistake| {
            let listed = (mistake.path != path).then(|| mistake.path.clone());
            (listed, mistake.place.is_none(), mistake.place)
        });
    }

    /// All that is told; of the others, how many there are.
    pub(super) fn into_told(mut self, path: &Path) -> Vec<Mistake> {
        let more = self.found - self.told.len();
        if more > 0 {
            let message = format!("{more} more mistakes");
            self.told.push(Mistake { path: path.to_owned(), place: None, message });
        }
        self.told
    }
}

/// Line and column of `offset` in `text`, from 1; columns are characters.
pub(super) fn place(text: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = 1 + memchr::memchr_iter(b'\n', before.as_bytes()).count();
    (line, 1 + before[line_start..].chars().count())
}

/// Lines of places that come in order, each found from the one before.
pub(super) struct Lines<'t> {
    text: &'t str,
    offset: usize,
    line: u32,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Lines { text, offset: 0, line: 1 }
    }

    /// The line of `offset`, from 1.
    pub(super) fn line_of(&mut self, offset: usize) -> u32 {
        if offset < self.offset {
            *self = Lines::new(self.text);
        }
        let passed = self.text.as_bytes().get(self.offset..offset).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', passed).count() as u32;
        self.offset = offset;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        let text = "a\n\u{e9}b\n";
        assert_eq!([place(text, 0), place(text, 1), place(text, 2)], [(1, 1), (1, 2), (2, 1)]);
        assert_eq!([place(text, 3), place(text, 4)], [(2, 1), (2, 2)]);
        assert_eq!(place(text, 99), (3, 1));
        let mut lines = Lines::new(text);
        assert_eq!([0, 1, 2, 3, 6, 1].map(|offset| lines.line_of(offset)), [1, 1, 2, 2, 3, 1]);
    }
}
