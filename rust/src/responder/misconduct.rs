//! Answers that misbehave on purpose, differently from one request to the next.

use super::treatment::Treatment;
use super::{Deferred, Exchange, Fault, Manner, Response};
use crate::error::{Error, ErrorCode, Result};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What shall go wrong. The default is: nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Conduct {
    /// Time before the first octet.
    pub delay: Duration,
    /// As much more at most, by chance.
    pub jitter: Duration,
    /// What is wrong with the answer.
    pub fault: Option<Fault>,
    /// No answer at all: the connection is closed, or reset if this is true.
    pub cut: Option<bool>,
    /// The statuses of the first answers, one for each; the last one is that of all that follow.
    pub statuses: Vec<u16>,
    /// The share of the requests for which any of this holds, 0 to 1.
    pub chance: f64,
    /// Where chance begins: the same seed gives the same sequence.
    pub seed: u64,
}

impl Default for Conduct {
    fn default() -> Self {
        Conduct {
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            fault: None,
            cut: None,
            statuses: Vec::new(),
            chance: 1.0,
            seed: 0,
        }
    }
}

/// Gives answers as a [`Conduct`] says, and counts them. Shared by all threads.
#[derive(Debug)]
pub struct Misconduct {
    conduct: Conduct,
    given: AtomicU64,
}

/// Independent sequences of one seed.
const FLAKY: u64 = 0;
const JITTER: u64 = 1 << 63;

impl Misconduct {
    /// # Errors
    /// [`ErrorCode::InvalidArgument`] for a chance or a status out of its range.
    pub fn new(conduct: Conduct) -> Result<Misconduct> {
        if !(0.0..=1.0).contains(&conduct.chance) {
            return Err(invalid(format!("chance: expected 0 to 1, got {}", conduct.chance)));
        }
        if let Some(status) = conduct.statuses.iter().find(|s| !(200..=599).contains(*s)) {
            return Err(invalid(format!("status {status}: expected 200 to 599")));
        }
        Ok(Misconduct { conduct, given: AtomicU64::new(0) })
    }

    /// Answers with `response`, or with what becomes of it.
    ///
    /// # Errors
    /// As [`Exchange::respond`].
    pub fn answer(&self, response: &Response, exchange: &mut Exchange<'_>) -> Result<()> {
        self.spoil(exchange)?;
        if exchange.is_open() { exchange.respond(response) } else { Ok(()) }
    }

    /// Has whoever answers `exchange`, now or later, do it as the conduct says. Where there shall be no
    /// answer at all, the exchange is not open any more. A body that is streamed is taken as a whole
    /// first, for up to 64 MiB.
    ///
    /// # Errors
    /// [`ErrorCode::State`] if the request was answered or deferred already.
    pub fn spoil(&self, exchange: &mut Exchange<'_>) -> Result<()> {
        exchange.check_open()?;
        match self.next() {
            Some(treatment) => exchange.treat(treatment),
            None => exchange.may_change(),
        }
        Ok(())
    }

    /// As [`Misconduct::spoil`], for an answer that was put off before. The first of several that are
    /// said of the same one holds.
    pub fn spoil_later(&self, deferred: &Deferred) {
        if let Some(treatment) = self.next() {
            deferred.treat(treatment);
        }
    }

    /// What becomes of the next answer; `None` if nothing does.
    fn next(&self) -> Option<Treatment> {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        let conduct = &self.conduct;
        if conduct.chance < 1.0 && self.chance(FLAKY ^ number) >= conduct.chance {
            return None;
        }
        let jitter = conduct.jitter.mul_f64(self.chance(JITTER ^ number));
        let manner = Manner { delay: conduct.delay.saturating_add(jitter), fault: conduct.fault };
        let last = conduct.statuses.len().saturating_sub(1);
        let turn = usize::try_from(number).unwrap_or(last).min(last);
        let status = conduct.statuses.get(turn).copied();
        Some(Treatment { manner, status, cut: conduct.cut })
    }

    /// A number of the sequence, from 0 to below 1.
    fn chance(&self, number: u64) -> f64 {
        let bits = mix(self.conduct.seed ^ mix(number)) >> 11;
        bits as f64 / (1_u64 << 53) as f64
    }
}

/// The finaliser of SplitMix64: neighbours become strangers.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn invalid(message: String) -> Error {
    Error::new(ErrorCode::InvalidArgument, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chances(seed: u64, sequence: u64) -> Vec<f64> {
        let conduct = Conduct { seed, ..Conduct::default() };
        let misconduct = Misconduct::new(conduct).unwrap();
        (0..10_000).map(|number| misconduct.chance(sequence ^ number)).collect()
    }

    #[test]
    fn a_seed_always_gives_the_same_sequence_and_another_one_another() {
        assert_eq!(chances(1, FLAKY), chances(1, FLAKY));
        assert_ne!(chances(1, FLAKY), chances(2, FLAKY));
        assert_ne!(chances(1, FLAKY), chances(1, JITTER));
    }

    #[test]
    fn chance_is_even() {
        for seed in 0..20 {
            let all = chances(seed, FLAKY);
            assert!(all.iter().all(|c| (0.0..1.0).contains(c)));
            let below = all.iter().filter(|c| **c < 0.3).count();
            assert!((2_800..3_200).contains(&below), "{seed}: {below}");
        }
    }

    #[test]
    fn what_is_out_of_range_is_told() {
        for chance in [-0.1, 1.1, f64::NAN] {
            let made = Misconduct::new(Conduct { chance, ..Conduct::default() });
            assert!(made.unwrap_err().message().starts_with("chance: expected 0 to 1, got "));
        }
        let made = Misconduct::new(Conduct { statuses: vec![200, 99], ..Conduct::default() });
        assert_eq!(made.unwrap_err().message(), "status 99: expected 200 to 599");
    }
}
