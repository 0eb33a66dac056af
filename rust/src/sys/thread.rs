//! Threads of the engine.

use std::thread::Builder;

/// A little less than std's two MiB: where the kernel gives huge pages unasked, a stack that holds a
/// whole aligned one would get it, two MiB resident for the few KiB that are used.
const STACK: usize = (2 << 20) - (64 << 10);

/// A thread that will be seen under `name`, of which Linux shows 15 octets.
pub(crate) fn named(name: impl Into<String>) -> Builder {
    Builder::new().name(name.into()).stack_size(STACK)
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_stack_can_hold_a_huge_page() {
        let size = || {
            let local = 0;
            let here = &raw const local as usize;
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
            let range = |line: &str| {
                let (from, to) = line.split(' ').next()?.split_once('-')?;
                let number = |digits| usize::from_str_radix(digits, 16).ok();
                Some(number(from)?..number(to)?)
            };
            // Up to here, near its upper end: other memory may lie next to that.
            here - maps.lines().filter_map(range).find(|range| range.contains(&here)).unwrap().start
        };
        let size = super::named("test").spawn(size).unwrap().join().unwrap();
        assert!((1 << 20..2 << 20).contains(&size), "{size}");
    }
}
