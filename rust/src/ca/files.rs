//! Files of a CA, written whole or not at all.

use crate::error::{Error, ErrorCode, Result};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

pub(super) fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorCode::Io, format!("{}: {error}", path.display()))
}

/// Writes a file that is not there yet.
pub(super) fn create(path: &Path, octets: &[u8], mode: u32) -> Result<()> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| file.write_all(octets).and_then(|()| file.sync_all()));
    written.map_err(|error| failed(path, &error))
}

/// Puts a file in the place of one that may be there: readers see the old one or the new one.
pub(super) fn replace(path: &Path, octets: &[u8], mode: u32) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    let new = Path::new(&name);
    create(new, octets, mode)?;
    std::fs::rename(new, path).map_err(|error| {
        let _ = std::fs::remove_file(new);
        failed(path, &error)
    })
}
