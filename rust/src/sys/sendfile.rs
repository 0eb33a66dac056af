//! From a file to a socket without the way through this process.

use super::{socket, transfer};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::FileExt;

/// Sends at most `length` octets of `file` from `offset` on; 0 is the end of the file. Where the
/// kernel cannot do it with this file or socket, it goes through `scratch`.
///
/// The kernel raises SIGPIPE here, and takes no flag against it: only for threads that block it.
pub(crate) fn send(
    socket: impl AsFd,
    file: &File,
    offset: u64,
    length: usize,
    scratch: &mut [u8],
) -> io::Result<usize> {
    match send_directly(&socket, file, offset, length) {
        Err(error) if is_unsupported(&error) => {
            let room = length.min(scratch.len());
            let count = file.read_at(&mut scratch[..room], offset)?;
            if count == 0 { Ok(0) } else { socket::send(&socket, &scratch[..count]) }
        }
        result => result,
    }
}

fn send_directly(socket: &impl AsFd, file: &File, offset: u64, length: usize) -> io::Result<usize> {
    let mut offset = libc::off_t::try_from(offset).map_err(|_| io::ErrorKind::InvalidInput)?;
    let (to, from) = (socket.as_fd().as_raw_fd(), file.as_raw_fd());
    // SAFETY: both descriptors are open, and `offset` lives during the call.
    transfer(|| unsafe { libc::sendfile(to, from, &mut offset, length) })
}

fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOSYS | libc::EOVERFLOW))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_part_of_a_file_is_sent_and_its_end_is_told() {
        let mut file = tempfile();
        file.write_all(b"0123456789").unwrap();
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        assert_eq!(send(&ours, &file, 2, 5, &mut [0; 64]).unwrap(), 5);
        assert_eq!(send(&ours, &file, 10, 5, &mut [0; 64]).unwrap(), 0);
        let mut octets = [0; 5];
        theirs.read_exact(&mut octets).unwrap();
        assert_eq!(&octets, b"23456");
    }

    #[test]
    fn what_the_kernel_cannot_send_is_read_and_sent() {
        // The kernel gives no pages of this one.
        let file = File::open("/proc/self/stat").unwrap();
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let count = send(&ours, &file, 0, 1000, &mut [0; 8]).unwrap();
        let mut octets = vec![0; count];
        theirs.read_exact(&mut octets).unwrap();
        assert!(octets.starts_with(std::process::id().to_string().as_bytes()));
    }

    fn tempfile() -> File {
        // SAFETY: the name is a text with its NUL.
        let fd = unsafe { libc::memfd_create(c"test".as_ptr(), libc::MFD_CLOEXEC) };
        assert!(fd >= 0);
        // SAFETY: just made, with no other owner.
        unsafe { std::os::fd::FromRawFd::from_raw_fd(fd) }
    }
}
