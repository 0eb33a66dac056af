//! Finding an option by name, and the nearest name where there is none.

use super::options::TABLE;
use super::values::quoted;
use crate::error::{Error, ErrorCode, Result};

/// The index of the row called `name`.
///
/// # Errors
/// `unknown option "wrokers", did you mean workers?`
pub(super) fn find(name: &str) -> Result<usize> {
    TABLE.iter().position(|row| row.name == name).ok_or_else(|| unknown(name))
}

/// As [`find`], for the option written `--typed` on a command line.
///
/// # Errors
/// `unknown option "--wrokers", did you mean --workers?`
pub(super) fn find_flag(typed: &str, name: &str) -> Result<usize> {
    TABLE.iter().position(|row| row.name == name).ok_or_else(|| {
        let hint = nearest(name).map(|known| known.replace('_', "-"));
        let hint = hint.map_or(String::new(), |known| format!(", did you mean --{known}?"));
        let typed = quoted(&format!("--{typed}"));
        Error::new(ErrorCode::Config, format!("unknown option {typed}{hint}"))
    })
}

fn unknown(name: &str) -> Error {
    let hint = nearest(name).map_or(String::new(), |known| format!(", did you mean {known}?"));
    Error::new(ErrorCode::Config, format!("unknown option {}{hint}", quoted(name)))
}

/// The option that `name` most likely means.
fn nearest(name: &str) -> Option<&'static str> {
    nearest_of(&name.replace('-', "_"), TABLE.iter().map(|row| row.name))
}

/// Which of `names` was most likely meant by `typed`: a small slip away, or the only one that it
/// begins.
pub(crate) fn nearest_of<'n>(
    typed: &str,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Option<&'n str> {
    const LONGEST: usize = 64;
    if typed.len() > LONGEST {
        return None;
    }
    let typed = typed.to_ascii_lowercase();
    let slips = |name: &'n str| (distance(typed.as_bytes(), name.as_bytes()), name);
    let closest = names.clone().map(slips).min()?;
    if closest.0 <= (closest.1.len() / 3).min(3) {
        return Some(closest.1);
    }
    let mut begun = names.filter(|name| typed.len() >= 3 && name.starts_with(&typed));
    begun.next().filter(|_| begun.next().is_none())
}

/// Edits from `a` to `b`: insertions, deletions, substitutions and swaps of neighbours.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut line = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            line[j] = (last[j] + 1).min(line[j - 1] + 1).min(last[j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                line[j] = line[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, line);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let slips = [
            ("wrokers", "workers"),
            ("worker", "workers"),
            ("keep-alive-timeout", "keep_alive_timeout"),
            ("keepalive_timeout", "keep_alive_timeout"),
            ("MAX_BODY", "max_body"),
            ("keep_alive", "keep_alive_timeout"),
        ];
        for (typed, meant) in slips {
            assert_eq!(nearest(typed), Some(meant), "{typed}");
        }
    }

    #[test]
    fn nothing_is_suggested_for_what_is_like_no_option() {
        for typed in ["", "x", "frobnicate", "max", &"w".repeat(1_000_000)] {
            assert_eq!(nearest(typed), None);
        }
    }

    #[test]
    fn the_error_says_which_name_is_unknown() {
        let text = |name| find(name).unwrap_err().message().to_owned();
        assert_eq!(text("wrokers"), r#"unknown option "wrokers", did you mean workers?"#);
        assert_eq!(text("frobnicate"), r#"unknown option "frobnicate""#);
    }

    #[test]
    fn a_swap_of_neighbours_is_one_edit() {
        assert_eq!(distance(b"ab", b"ba"), 1);
        assert_eq!(distance(b"", b"abc"), 3);
        assert_eq!(distance(b"kitten", b"sitting"), 3);
    }
}
