//! How long answers take: a histogram of fixed size whose error is a constant part of the value.
//!
//! Buckets are single microseconds up to 8, then eight to each doubling: a value is known to an
//! eighth of itself from a microsecond to two minutes, in 200 numbers.

use super::Cell;

/// Buckets to each doubling, a power of two.
const PARTS: u64 = 8;
const PARTS_LOG: u32 = PARTS.trailing_zeros();
/// Doublings up to 134 seconds; what takes longer is counted with those.
const DOUBLINGS: u64 = 24;
const BUCKETS: usize = ((DOUBLINGS + 1) * PARTS) as usize;

/// The histogram of one worker: one writer, any number of readers.
#[derive(Debug)]
pub(crate) struct Latency {
    buckets: [Cell; BUCKETS],
    /// Microseconds of all values.
    sum: Cell,
}

impl Default for Latency {
    fn default() -> Self {
        Latency { buckets: [const { Cell::new() }; BUCKETS], sum: Cell::new() }
    }
}

/// The histogram at one moment, of one worker or of all.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    buckets: [u64; BUCKETS],
    pub(crate) sum: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram { buckets: [0; BUCKETS], sum: 0 }
    }
}

impl Latency {
    /// Counts `times` answers that took so many microseconds. Only the owning thread may call this.
    pub(crate) fn add(&self, microseconds: u64, times: u64) {
        self.buckets[bucket(microseconds)].add(times);
        self.sum.add(microseconds.saturating_mul(times));
    }
}

impl Histogram {
    /// Adds what a worker has counted.
    pub(crate) fn add(&mut self, latency: &Latency) {
        for (sum, cell) in self.buckets.iter_mut().zip(&latency.buckets) {
            *sum = sum.wrapping_add(cell.get());
        }
        self.sum = self.sum.wrapping_add(latency.sum.get());
    }

    /// How many values there are.
    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().fold(0, |sum, n| sum.wrapping_add(*n))
    }

    /// Buckets that have something in them: what their values are below, in microseconds, and how
    /// many there are.
    pub(crate) fn filled(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let all = self.buckets.iter().enumerate();
        all.filter(|(_, count)| **count > 0).map(|(at, count)| (end(at), *count))
    }

    /// What `part` of the values, between 0 and 1, are below, in microseconds; `None` without any.
    pub(crate) fn quantile(&self, part: f64) -> Option<u64> {
        let wanted = ((self.count() as f64 * part).ceil() as u64).max(1);
        let mut so_far = 0;
        let mut reached = self.filled().skip_while(|(_, count)| {
            so_far += count;
            so_far < wanted
        });
        reached.next().map(|(end, _)| end)
    }

    /// For each power of two from 1 microsecond on, how many values are less; cumulative.
    pub(crate) fn doublings(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        (0..=DOUBLINGS + 2).map(|power| {
            let bound = 1 << power;
            let below = self.filled().take_while(|(end, _)| *end <= bound);
            (bound, below.map(|(_, count)| count).sum())
        })
    }
}

fn bucket(microseconds: u64) -> usize {
    if microseconds < PARTS {
        return microseconds as usize;
    }
    let shift = microseconds.ilog2() - PARTS_LOG;
    let at = u64::from(shift) * PARTS + (microseconds >> shift);
    at.min(BUCKETS as u64 - 1) as usize
}

/// What the values of a bucket are below.
fn end(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < PARTS {
        return bucket + 1;
    }
    let shift = bucket / PARTS - 1;
    (PARTS + bucket % PARTS + 1) << shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_in_a_bucket_that_ends_at_most_an_eighth_above_it() {
        for value in (0..5000).chain((5000..100_000_000).step_by(7919)) {
            let at = bucket(value);
            let (start, end) = (if at == 0 { 0 } else { end(at - 1) }, end(at));
            assert!((start..end).contains(&value), "{value} in {start}..{end}");
            assert!(end - value <= (value / 8).max(1), "{value} in {start}..{end}");
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        assert_eq!(end(BUCKETS - 1), 1 << (DOUBLINGS + 3));
    }

    #[test]
    fn quantiles_and_doublings_of_known_values() {
        let latency = Latency::default();
        (1..=1000).for_each(|value| latency.add(value, 2));
        let mut histogram = Histogram::default();
        histogram.add(&latency);
        assert_eq!((histogram.count(), histogram.sum), (2000, 1_001_000));
        let at = |part| histogram.quantile(part).unwrap();
        assert!((500..=563).contains(&at(0.5)) && (990..=1024).contains(&at(0.99)), "{}", at(0.5));
        assert_eq!((at(0.0), at(1.0)), (2, 1024));
        let doublings: Vec<_> = histogram.doublings().collect();
        assert_eq!(doublings[..4], [(1, 0), (2, 2), (4, 6), (8, 14)]);
        assert_eq!(doublings.last(), Some(&(1 << 26, 2000)));
        assert_eq!(Histogram::default().quantile(0.5), None);
    }
}
