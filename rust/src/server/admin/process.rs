//! What the kernel says of this process: memory, processor, descriptors.

use std::fs;

/// Of the whole process. A number is `None` where /proc does not say.
pub(super) struct Process {
    pub(super) id: u64,
    /// Octets of memory in RAM.
    pub(super) resident: Option<u64>,
    /// The most that it ever was.
    pub(super) peak: Option<u64>,
    /// Octets of address space.
    pub(super) mapped: Option<u64>,
    pub(super) threads: Option<u64>,
    pub(super) descriptors: Option<u64>,
    /// Processor time of all threads so far, user and system, in milliseconds.
    pub(super) processor: Option<u64>,
}

impl Process {
    pub(super) fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let kib = |name| number_of(&status, name).map(|kib| kib << 10);
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        Process {
            id: std::process::id().into(),
            resident: kib("VmRSS:"),
            peak: kib("VmHWM:"),
            mapped: kib("VmSize:"),
            threads: number_of(&status, "Threads:"),
            // A hundred thousand of them take a while to count: the kernel knows how many (since 6.2).
            descriptors: fs::metadata("/proc/self/fd").ok().map(|fd| fd.len()).filter(|n| *n > 0),
            processor: ticks(&stat).map(|ticks| ticks * 10),
        }
    }
}

/// The first number behind `name` at the beginning of a line.
fn number_of(status: &str, name: &str) -> Option<u64> {
    let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// User and system time in hundredths of a second (proc_pid_stat(5), fields 14 and 15; USER_HZ is
/// 100 on every machine that this runs on).
fn ticks(stat: &str) -> Option<u64> {
    // The name of the program may have spaces and brackets in it.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_is_understood() {
        let now = Process::now();
        assert!(now.resident > Some(1 << 20) && now.peak >= now.resident);
        assert!(now.mapped >= now.resident && now.threads >= Some(1));
        assert!(now.processor.is_some());
        assert_eq!(ticks("1 (a) b) S 1 2 3 4 5 6 7 8 9 10 30 12 0 0"), Some(42));
        assert_eq!(ticks(""), None);
    }
}
