//! From a rules file, or a folder of them, to drafts of rules.

use super::mistake::{Mistake, Mistakes, place};
use super::{Draft, RuleFile, reader};
use crate::files;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use toml::de::DeTable;

/// Octets of the largest rules file: 100,000 rules of some size.
const RULES_MAX: u64 = 64 << 20;

/// Reads `path`: one file, or every `*.toml` of a folder in the order of the names.
pub(super) fn load(path: &Path) -> Result<(Vec<Draft>, Vec<RuleFile>), Vec<Mistake>> {
    let files = files_of(path).map_err(|error| vec![whole(path, error.to_string())])?;
    let (mut drafts, mut mistakes) = (Vec::new(), Mistakes::default());
    let mut read_so_far = Vec::with_capacity(files.len());
    for file in files {
        let before = drafts.len();
        match read_text(&file, RULES_MAX) {
            Ok(text) => read(&file, &text, &mut drafts, &mut mistakes),
            Err(error) => mistakes.add(|| whole(&file, error.to_string())),
        }
        read_so_far.push(RuleFile { path: file, rules: drafts.len() - before });
    }
    if mistakes.found() == 0 { Ok((drafts, read_so_far)) } else { Err(mistakes.into_told(path)) }
}

fn files_of(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files: Vec<_> = entries.collect::<io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    if files.is_empty() {
        return Err(io::Error::other("expected a rules file, or a folder with *.toml files in it"));
    }
    Ok(files)
}

/// Reads the `text` of one file.
pub(super) fn read(path: &Path, text: &str, drafts: &mut Vec<Draft>, mistakes: &mut Mistakes) {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let before = mistakes.found();
        reader::read(path, text, table.get_ref(), drafts, mistakes);
        return mistakes.sort(before, path);
    }
    for error in &errors {
        mistakes.add(|| Mistake {
            path: path.to_owned(),
            place: error.span().map(|span| place(text, span.start)),
            message: error.message().replace('\n', ", "),
        });
    }
}

/// The text of a file of at most `max` octets.
pub(super) fn read_text(path: &Path, max: u64) -> io::Result<String> {
    let octets = read_octets(path, max)?;
    String::from_utf8(octets).map_err(|_| io::Error::other("expected text in UTF-8"))
}

/// What is in a file of at most `max` octets.
pub(super) fn read_octets(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    files::read(path, max)
}

fn whole(path: &Path, message: String) -> Mistake {
    Mistake { path: path.to_owned(), place: None, message }
}
