//! Files that an operator names: read whole, never waited for.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// Opens `path`, which may be a folder; a pipe that nobody writes to holds nobody up.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

/// What is in the regular file at `path`, at most `max` octets.
///
/// # Errors
/// Also for pipes, devices and folders: a reload would wait for them, or find nothing.
pub(crate) fn read(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let metadata = file.metadata()?;
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Err(io::Error::from_raw_os_error(libc::EISDIR));
    }
    if !kind.is_file() {
        let got = match () {
            () if kind.is_fifo() => "a pipe",
            () if kind.is_socket() => "a socket",
            () => "a device",
        };
        return Err(io::Error::other(format!("expected a regular file, got {got}")));
    }
    let mut octets = Vec::new();
    file.take(max.saturating_add(1)).read_to_end(&mut octets)?;
    if octets.len() as u64 > max {
        return Err(io::Error::other(format!("expected at most {max} octets")));
    }
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_of_a_bounded_size_are_read() {
        let path =
            std::env::temp_dir().join(format!("http_responder_files_{}", std::process::id()));
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert_eq!(read(&path, 4).unwrap_err().to_string(), "expected at most 4 octets");
        std::fs::remove_file(&path).unwrap();
        let refused = |path: &str| read(Path::new(path), 5).unwrap_err().to_string();
        assert!(refused("/").starts_with("Is a directory"));
        assert_eq!(refused("/dev/zero"), "expected a regular file, got a device");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        assert_eq!(refused(path.to_str().unwrap()), "expected a regular file, got a pipe");
        std::fs::remove_file(&path).unwrap();
    }
}
