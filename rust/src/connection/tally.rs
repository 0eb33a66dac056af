//! What the admin side wants to know of the answers: of which kind they are, how long they take, for
//! which hosts. Counted where somebody may ask for it.
//!
//! Kinds are counted one by one. The time and the host of an answer cost more than that: a thousand
//! a second are taken in by every worker, of those beyond that one in sixteen, sixteenfold.

use super::watchers::{Answer, Question};
use crate::responder::source::{By, Kind};
use crate::stats::Cell;
use crate::stats::hosts::{Host, Hosts};
use crate::stats::latency::Latency;
use crate::sys::clock;
use std::sync::Arc;

/// Answers of each second that are looked at one by one.
const EXACT: u32 = 1000;
/// One in two to this power of the others is.
const SAMPLED: u32 = 4;

/// How many kinds there are: those of default answers, and who gave the others.
const KINDS: usize = Kind::COUNT + By::ALL.len() + 1;

/// What others may read: one writer, any number of readers.
#[derive(Debug)]
pub(crate) struct Observed {
    kinds: [Cell; KINDS],
    pub(crate) latency: Latency,
}

impl Default for Observed {
    fn default() -> Self {
        Observed { kinds: [const { Cell::new() }; KINDS], latency: Latency::default() }
    }
}

impl Observed {
    /// Every kind of answer with its number so far.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.kinds.iter().enumerate().map(|(at, count)| (name(at), count.get()))
    }
}

fn number(answer: &Answer) -> usize {
    match (answer.status, answer.source.by) {
        (0, _) => KINDS - 1,
        (_, By::Default) => answer.source.kind as usize,
        (_, by) => Kind::COUNT + by as usize,
    }
}

fn name(number: usize) -> &'static str {
    match number.checked_sub(Kind::COUNT) {
        None => Kind::ALL[number].name(),
        Some(by) => By::ALL.get(by).map_or("none", |by| by.name()),
    }
}

/// The watcher of one worker.
#[derive(Debug)]
pub(crate) struct Tally {
    observed: Arc<Observed>,
    hosts: Hosts,
    /// How many more are looked at one by one.
    exact: u32,
    /// When there will be as many again, in microseconds.
    renewed: u64,
    /// Which of the others are: a random number, so that no rhythm of requests meets it.
    random: u64,
}

impl Tally {
    pub(crate) fn new(observed: Arc<Observed>) -> Self {
        Tally { observed, hosts: Hosts::default(), exact: 0, renewed: 0, random: 1 }
    }

    pub(crate) fn hosts(&self) -> &[Host] {
        self.hosts.all()
    }

    pub(super) fn see(&mut self, question: &Question<'_>, answer: &Answer) {
        self.observed.kinds[number(answer)].add(1);
        let times = self.times(answer.begun);
        if times == 0 {
            return;
        }
        // A refusal may come because nothing came: that says nothing of how fast answers are.
        if answer.status != 0 && answer.source.by != By::Refusal {
            let took = clock::monotonic_us().saturating_sub(answer.begun);
            self.observed.latency.add(took, times);
        }
        if let Question::Asked(asked) = question {
            self.hosts.add(asked.host.unwrap_or_default(), times);
        }
    }

    /// For how many answers this one stands; 0 if it is not looked at.
    fn times(&mut self, now: u64) -> u64 {
        if now >= self.renewed {
            self.renewed = now + 1_000_000;
            self.exact = EXACT;
        }
        if self.exact > 0 {
            self.exact -= 1;
            return 1;
        }
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        if self.random >> (64 - SAMPLED) == 0 { 1 << SAMPLED } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::watchers::Asked;
    use crate::http::Version;
    use crate::responder::source::Source;

    fn asked(host: &str) -> Question<'_> {
        let (method, target, version) = ("GET", "/", Version::Http11);
        let (referer, user_agent) = (None, None);
        Question::Asked(Asked { method, target, version, host: Some(host), referer, user_agent })
    }

    fn answer(by: By, kind: Kind, begun: u64) -> Answer {
        Answer { status: 200, octets: 0, body: 0, source: Source { by, kind }, begun }
    }

    #[test]
    fn kinds_are_default_answers_by_kind_and_the_others_by_who_gave_them() {
        let mut tally = Tally::new(Arc::default());
        tally.see(&asked("a"), &answer(By::Default, Kind::Image, 1));
        tally.see(&asked("a"), &answer(By::Rule, Kind::Image, 1));
        tally.see(&asked("a"), &Answer::none(Source::DEFAULT));
        tally.see(&Question::Line(b"x"), &answer(By::Refusal, Kind::Other, 1));
        let counted: Vec<_> = tally.observed.kinds().filter(|(_, n)| *n > 0).collect();
        assert_eq!(counted, [("image", 1), ("rule", 1), ("refusal", 1), ("none", 1)]);
        let names: std::collections::HashSet<_> = (0..KINDS).map(name).collect();
        assert_eq!(names.len(), KINDS);
    }

    #[test]
    fn a_thousand_a_second_are_exact_and_the_others_right_on_the_whole() {
        let mut tally = Tally::new(Arc::default());
        (0..1000).for_each(|_| tally.see(&asked("a"), &answer(By::Default, Kind::Image, 1)));
        assert_eq!(tally.hosts()[0].requests, 1000);
        (0..160_000).for_each(|_| tally.see(&asked("b"), &answer(By::Default, Kind::Image, 1)));
        let b = tally.hosts()[1].requests;
        assert!((144_000..176_000).contains(&b), "{b}");
        tally.see(&asked("a"), &answer(By::Default, Kind::Image, 1_000_001));
        assert_eq!(tally.hosts()[0].requests, 1001);
    }
}
