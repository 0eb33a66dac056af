//! Bodies that are not copied into the output: of a prepared response, or of a file.

use super::Response;
use std::fs::File;
use std::ops::Range;

/// A body that is being sent to one client, from where it stands.
#[derive(Debug)]
pub(crate) struct SharedBody {
    place: Place,
    sent: u64,
    end: u64,
}

#[derive(Debug)]
enum Place {
    /// Shared with all who are sent it.
    Response(Response),
    File(File),
}

/// A part of a file, to be sent next.
#[derive(Debug)]
pub(crate) struct FilePart<'f> {
    pub(crate) file: &'f File,
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

impl SharedBody {
    /// These octets of the body of `response`.
    pub(super) fn of(response: Response, range: Range<usize>) -> Self {
        let place = Place::Response(response);
        SharedBody { place, sent: range.start as u64, end: range.end as u64 }
    }

    /// These octets of `file`.
    pub(in crate::responder) fn of_file(file: File, range: Range<u64>) -> Self {
        SharedBody { place: Place::File(file), sent: range.start, end: range.end }
    }

    /// What is not sent yet, where it is in memory.
    pub(crate) fn rest(&self) -> &[u8] {
        match &self.place {
            Place::Response(response) => &response.body()[self.sent as usize..self.end as usize],
            Place::File(_) => &[],
        }
    }

    /// What is not sent yet, where it is in a file.
    pub(crate) fn file(&self) -> Option<FilePart<'_>> {
        match &self.place {
            Place::Response(_) => None,
            Place::File(file) => Some(FilePart { file, offset: self.sent, length: self.left() }),
        }
    }

    /// How many octets are not sent yet.
    pub(crate) fn left(&self) -> u64 {
        self.end - self.sent
    }

    /// Notes that `count` octets more were sent; whether that was all.
    pub(crate) fn sent(&mut self, count: usize) -> bool {
        self.sent += count as u64;
        self.left() == 0
    }
}
