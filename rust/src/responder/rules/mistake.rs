//! What is wrong with a rules file.

use std::fmt;
use std::path::PathBuf;

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

/// Line and column of `offset` in `text`, from 1; columns are characters.
pub(super) fn place(text: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = 1 + before.bytes().filter(|b| *b == b'\n').count();
    (line, 1 + before[line_start..].chars().count())
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
    }
}
