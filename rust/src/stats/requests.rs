//! What pixelserv-tls counts of requests: by method and by extension, and how long they take. Counted
//! where its pages are served.

use super::Cell;

/// What a request is counted as; the names are those of pixelserv-tls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// `nfe`: without an extension, or made by a program.
    Program,
    /// `gif`
    Gif,
    /// `ico`
    Icon,
    /// `txt`
    Script,
    /// `jpg`
    Jpeg,
    /// `png`
    Png,
    /// `swf`
    Flash,
    /// `ufe`
    OtherExtension,
    /// `opt`
    Options,
    /// `pst`
    Post,
    /// `hed`
    Head,
    /// `rdr`
    Redirected,
    /// `204`
    NoContent,
    /// Another method; it has no name.
    Other,
}

const SORTS: usize = Sort::Other as usize + 1;

/// The counters of one worker, or a sum of them.
#[derive(Debug)]
pub(crate) struct Requests {
    sorts: [Cell; SORTS],
    answered: Cell,
    /// Microseconds of all of them, and of the longest.
    took: Cell,
    longest: Cell,
}

impl Default for Requests {
    fn default() -> Self {
        let sorts = [const { Cell::new() }; SORTS];
        let (answered, took, longest) = (Cell::new(), Cell::new(), Cell::new());
        Requests { sorts, answered, took, longest }
    }
}

impl Requests {
    /// Counts a request that was answered after `took` microseconds.
    pub(crate) fn count(&self, sort: Sort, took: u64) {
        self.sorts[sort as usize].add(1);
        self.answered.add(1);
        self.took.add(took);
        self.longest.set(self.longest.get().max(took));
    }

    /// Adds what another worker has counted.
    pub(crate) fn add(&self, other: &Requests) {
        self.sorts.iter().zip(&other.sorts).for_each(|(sum, one)| sum.add(one.get()));
        self.answered.add(other.answered.get());
        self.took.add(other.took.get());
        self.longest.set(self.longest.get().max(other.longest.get()));
    }

    pub(crate) fn of(&self, sort: Sort) -> u64 {
        self.sorts[sort as usize].get()
    }

    /// Milliseconds that an answer took on average.
    pub(crate) fn average_ms(&self) -> u64 {
        self.took.get() / self.answered.get().max(1) / 1000
    }

    /// Milliseconds that the slowest answer took.
    pub(crate) fn longest_ms(&self) -> u64 {
        self.longest.get() / 1000
    }
}

impl Sort {
    /// What a request is, answered with `status`; `extension` is that of its path.
    pub(crate) fn of(method: &str, extension: Option<&[u8]>, status: u16) -> Sort {
        match (method, status) {
            ("OPTIONS", _) => return Sort::Options,
            ("POST", _) => return Sort::Post,
            ("HEAD", _) => return Sort::Head,
            ("GET", 204) => return Sort::NoContent,
            ("GET", 301 | 302 | 303 | 307 | 308) => return Sort::Redirected,
            ("GET", _) => {}
            _ => return Sort::Other,
        }
        let mut lower = [0; 5];
        let extension = extension.unwrap_or_default();
        let Some(name) = lower.get_mut(..extension.len()) else { return Sort::OtherExtension };
        name.copy_from_slice(extension);
        name.make_ascii_lowercase();
        match &*name {
            b"gif" => Sort::Gif,
            b"ico" => Sort::Icon,
            b"js" | b"mjs" => Sort::Script,
            b"jpg" | b"jpeg" | b"jpe" => Sort::Jpeg,
            b"png" => Sort::Png,
            b"swf" => Sort::Flash,
            b"" | b"php" | b"asp" | b"aspx" | b"jsp" | b"cgi" | b"ashx" | b"do" => Sort::Program,
            _ => Sort::OtherExtension,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_counted_by_method_then_status_then_extension() {
        for (method, extension, status, sort) in [
            ("GET", Some("gif"), 200, Sort::Gif),
            ("GET", Some("JPEG"), 304, Sort::Jpeg),
            ("GET", Some("js"), 200, Sort::Script),
            ("GET", Some("php"), 200, Sort::Program),
            ("GET", None, 200, Sort::Program),
            ("GET", Some("css"), 200, Sort::OtherExtension),
            ("GET", Some("extension"), 200, Sort::OtherExtension),
            ("GET", Some("gif"), 302, Sort::Redirected),
            ("GET", None, 204, Sort::NoContent),
            ("HEAD", Some("gif"), 200, Sort::Head),
            ("POST", None, 204, Sort::Post),
            ("OPTIONS", None, 204, Sort::Options),
            ("PUT", Some("gif"), 200, Sort::Other),
        ] {
            assert_eq!(Sort::of(method, extension.map(str::as_bytes), status), sort, "{method}");
        }
    }

    #[test]
    fn times_are_an_average_and_the_longest_of_all_workers() {
        let (one, two) = (Requests::default(), Requests::default());
        one.count(Sort::Gif, 1_000);
        two.count(Sort::Gif, 9_999);
        one.add(&two);
        assert_eq!((one.of(Sort::Gif), one.average_ms(), one.longest_ms()), (2, 5, 9));
        assert_eq!(Requests::default().average_ms(), 0);
    }
}
