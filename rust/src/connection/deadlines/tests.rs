use super::*;
use crate::config::Config;
use crate::connection::Connection;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs::File;

/// Connections with deadlines, and a clock.
struct Bench {
    pool: Pool,
    deadlines: Deadlines,
    now: u64,
}

impl Bench {
    /// `options` as `name value`; all other timeouts are off.
    fn new(options: &[(&str, &str)], connections: u32, now: u64) -> Self {
        let mut config = Config::new();
        let kinds = ["head", "body", "write", "keep_alive", "linger"];
        for kind in kinds {
            config.set(&format!("{kind}_timeout"), "off").unwrap();
        }
        for (name, value) in options {
            config.set(name, value).unwrap();
        }
        let deadlines = Deadlines::new(&config.resolve().unwrap(), now);
        let mut pool = Pool::new(connections, 0);
        for _ in 0..connections {
            let file = File::open("/dev/null").unwrap();
            assert!(pool.insert(Connection::new(file.into(), 0), 0).is_ok());
        }
        Bench { pool, deadlines, now }
    }

    fn start(&mut self, index: u32, kind: Deadline) {
        self.deadlines.start(&mut self.pool, index, kind, self.now);
    }

    fn stop(&mut self, index: u32) {
        self.deadlines.stop(&mut self.pool, index);
    }

    /// The connection was active now.
    fn renew(&mut self, index: u32) {
        self.pool.at(index).unwrap().since = self.now as u32;
    }

    /// Time passes; who runs out of it now.
    fn pass(&mut self, milliseconds: u64) -> Vec<u32> {
        self.now += milliseconds;
        self.sweep();
        Deadline::ALL.into_iter().flat_map(|kind| self.due(kind)).collect()
    }

    fn sweep(&mut self) {
        self.deadlines.sweep(&mut self.pool, self.now);
    }

    /// Takes all that are due.
    fn due(&mut self, kind: Deadline) -> Vec<u32> {
        let next = || self.deadlines.next_due(&mut self.pool, kind, self.now);
        let found = std::iter::from_fn(next).collect();
        assert!(!self.deadlines.has_due(kind));
        found
    }

    /// The keep-alive timeout is another one from now on.
    fn change(&mut self, timeout: &str) {
        let mut config = Config::new();
        config.set("keep_alive_timeout", timeout).unwrap();
        self.deadlines.change(&mut self.pool, &config.resolve().unwrap(), self.now);
    }

    fn longest_idle(&mut self) -> Option<u32> {
        self.deadlines.longest(&mut self.pool, Deadline::KeepAlive, self.now)
    }

    fn tick(&self) -> u64 {
        self.deadlines.period
    }

    /// How late a deadline may be.
    fn late(&self, kind: Deadline) -> u64 {
        self.deadlines.rings[kind as usize].width
    }
}

const KEEP_ALIVE_1S: &[(&str, &str)] = &[("keep_alive_timeout", "1s")];

#[test]
fn a_deadline_never_fires_early_and_at_most_one_tick_late() {
    for start in [0, 1, 99, 250, 999, 123_456_789] {
        let mut bench = Bench::new(KEEP_ALIVE_1S, 1, start);
        bench.start(0, Deadline::KeepAlive);
        assert_eq!(bench.pass(999), []);
        let late = bench.tick();
        assert_eq!(bench.pass(1 + late), [0]);
        assert!(bench.deadlines.is_empty());
        assert_eq!(bench.pass(100_000), [], "it fires once");
    }
}

#[test]
fn who_was_active_has_the_whole_time_again() {
    let mut bench = Bench::new(KEEP_ALIVE_1S, 1, 5000);
    bench.start(0, Deadline::KeepAlive);
    for _ in 0..50 {
        assert_eq!(bench.pass(990), []);
        bench.renew(0);
    }
    assert_eq!(bench.pass(999), []);
    assert_eq!(bench.pass(1 + bench.tick()), [0]);
}

#[test]
fn activity_between_the_sweep_and_the_close_keeps_the_connection() {
    let mut bench = Bench::new(KEEP_ALIVE_1S, 2, 5000);
    for index in 0..2 {
        bench.start(index, Deadline::KeepAlive);
    }
    bench.now += 2000;
    bench.sweep();
    assert!(bench.deadlines.has_due(Deadline::KeepAlive));
    bench.renew(0);
    bench.start(1, Deadline::Head);
    assert_eq!(bench.due(Deadline::KeepAlive), []);
    assert_eq!(bench.pass(1000 + bench.tick()), [0], "its time began anew");
    assert_eq!(bench.pool.at(1).unwrap().link.kind(), Some(Deadline::Head));
}

#[test]
fn who_goes_while_it_is_due_leaves_the_others_in_their_order() {
    let mut bench = Bench::new(KEEP_ALIVE_1S, 5, 5000);
    for index in 0..5 {
        bench.start(index, Deadline::KeepAlive);
    }
    bench.now += 2000;
    bench.sweep();
    for index in [0, 2, 4] {
        bench.stop(index);
    }
    assert!(bench.deadlines.any_due());
    assert_eq!(bench.due(Deadline::KeepAlive), [1, 3]);
    assert!(bench.deadlines.is_empty() && !bench.deadlines.any_due());
    assert_eq!(bench.pass(100_000), []);
}

#[test]
fn a_deadline_that_was_stopped_or_replaced_does_not_fire() {
    let options = [("keep_alive_timeout", "1s"), ("head_timeout", "3s")];
    let mut bench = Bench::new(&options, 2, 0);
    bench.start(0, Deadline::KeepAlive);
    bench.start(1, Deadline::KeepAlive);
    bench.stop(0);
    bench.start(1, Deadline::Head);
    assert_eq!(bench.pass(2900), []);
    assert_eq!(bench.pass(100 + bench.tick()), [1]);
}

#[test]
fn stopping_at_the_front_in_the_middle_and_at_the_end_of_a_list_leaves_the_others() {
    let mut bench = Bench::new(KEEP_ALIVE_1S, 7, 0);
    for index in 0..7 {
        bench.start(index, Deadline::KeepAlive);
    }
    for index in [0, 3, 6] {
        bench.stop(index);
        bench.stop(index);
    }
    let mut fired = bench.pass(2000);
    fired.sort_unstable();
    assert_eq!(fired, [1, 2, 4, 5]);
    assert!(bench.deadlines.is_empty());
}

#[test]
fn a_timeout_of_more_ticks_than_the_ring_has_fires_on_time_to_half_a_per_cent() {
    // One short timeout makes the ticks short: a day is millions of them.
    let hours = if cfg!(miri) { 2 } else { 24 };
    let timeout = format!("{hours}h");
    let options = [("linger_timeout", "10ms"), ("keep_alive_timeout", &*timeout)];
    let mut bench = Bench::new(&options, 1, 77);
    bench.start(0, Deadline::KeepAlive);
    for _ in 0..hours {
        assert_eq!(bench.pass(3_599_999), []);
    }
    assert_eq!(bench.pass(hours - 1), []);
    assert!(bench.late(Deadline::KeepAlive) <= hours * 3_600_000 / 200);
    assert_eq!(bench.pass(1 + bench.late(Deadline::KeepAlive)), [0]);
}

#[test]
fn off_is_never() {
    let mut bench = Bench::new(KEEP_ALIVE_1S, 1, 1);
    bench.start(0, Deadline::Write);
    for _ in 0..if cfg!(miri) { 3 } else { 120 } {
        assert_eq!(bench.pass(86_400_000), []);
    }
    assert!(!bench.deadlines.is_empty());
}

#[test]
fn a_deadline_across_the_wrap_of_32_bits_fires_on_time() {
    for start in [(1_u64 << 32) - 500, (1 << 32) - 1, 3 * (1 << 32) - 999] {
        let mut bench = Bench::new(KEEP_ALIVE_1S, 1, start);
        bench.start(0, Deadline::KeepAlive);
        assert_eq!(bench.pass(999), []);
        assert_eq!(bench.pass(1 + bench.tick()), [0]);
    }
}

#[test]
fn after_a_long_pause_all_that_are_due_fire_at_once_and_no_others() {
    let options = [("head_timeout", "1s"), ("keep_alive_timeout", "2h")];
    let mut bench = Bench::new(&options, 3, 0);
    bench.start(0, Deadline::Head);
    bench.start(1, Deadline::KeepAlive);
    bench.pass(100);
    bench.start(2, Deadline::Head);
    let mut fired = bench.pass(3_600_000);
    fired.sort_unstable();
    assert_eq!(fired, [0, 2]);
    assert_eq!(bench.pass(3_600_000 + bench.tick()), [1]);
}

#[test]
fn no_time_or_less_than_a_tick_passing_changes_nothing() {
    let mut bench = Bench::new(KEEP_ALIVE_1S, 1, 10_000);
    bench.start(0, Deadline::KeepAlive);
    for _ in 0..1000 {
        assert_eq!(bench.pass(0), []);
    }
    assert_eq!(bench.pass(1), []);
    assert!(!bench.deadlines.is_empty());
}

#[test]
fn the_longest_idle_is_found_whoever_was_active_since() {
    for timeout in ["20s", "75s", "1h", "1d"] {
        let options = [("linger_timeout", "2s"), ("keep_alive_timeout", timeout)];
        let mut bench = Bench::new(&options, 5, 0);
        let step = bench.late(Deadline::KeepAlive);
        for index in 0..5 {
            bench.start(index, Deadline::KeepAlive);
            assert_eq!(bench.pass(step), []);
        }
        bench.renew(0);
        bench.renew(1);
        assert_eq!(bench.longest_idle(), Some(2), "{timeout}");
        bench.stop(2);
        assert_eq!(bench.longest_idle(), Some(3), "{timeout}");
        bench.stop(3);
        bench.stop(4);
        assert!(matches!(bench.longest_idle(), Some(0 | 1)), "{timeout}");
        bench.stop(0);
        bench.stop(1);
        assert_eq!(bench.longest_idle(), None, "{timeout}");
    }
}

#[test]
fn the_longest_idle_is_found_after_an_hour_without_any_connection_and_any_sweep() {
    let mut bench = Bench::new(&[("keep_alive_timeout", "20s")], 2, 0);
    bench.now += 3_600_000;
    bench.start(0, Deadline::KeepAlive);
    bench.now += 1000;
    bench.start(1, Deadline::KeepAlive);
    assert_eq!(bench.longest_idle(), Some(0));
}

#[test]
fn with_keep_alive_off_an_old_connection_is_still_given_up_before_a_new_one() {
    let mut bench = Bench::new(&[("head_timeout", "10s")], 3, 0);
    for index in 0..3 {
        bench.start(index, Deadline::KeepAlive);
        bench.pass(60_000);
    }
    assert_eq!(bench.longest_idle(), Some(0));
    bench.renew(0);
    assert_eq!(bench.longest_idle(), Some(1));
}

#[test]
fn only_connections_between_requests_are_idle() {
    let mut bench = Bench::new(KEEP_ALIVE_1S, 3, 0);
    bench.start(0, Deadline::Head);
    bench.start(1, Deadline::Write);
    bench.start(2, Deadline::Linger);
    assert_eq!(bench.longest_idle(), None);
}

/// What may happen to connections.
#[derive(Clone, Debug)]
enum Deed {
    Start(u32, usize),
    Stop(u32),
    Renew(u32),
    Evict,
    Pass(u64),
}

const CONNECTIONS: u32 = 6;

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let connection = 0..CONNECTIONS;
    let time = prop_oneof![0..50_u64, 0..3000_u64, 0..1_000_000_u64, Just(1 << 30)];
    let deed = prop_oneof![
        4 => (connection.clone(), 0..KINDS).prop_map(|(index, kind)| Deed::Start(index, kind)),
        1 => connection.clone().prop_map(Deed::Stop),
        3 => connection.prop_map(Deed::Renew),
        1 => Just(Deed::Evict),
        6 => time.prop_map(Deed::Pass),
    ];
    proptest::collection::vec(deed, 1..if cfg!(miri) { 20 } else { 200 })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Against a model that keeps each deadline in a map: whatever happens in whatever order,
    /// nobody fires early, nobody is forgotten for more than a tick, nobody fires twice.
    #[test]
    fn the_rings_agree_with_a_plain_map(deeds in deeds(), start in 0..(1_u64 << 33)) {
        let options = [
            ("head_timeout", "100ms"), ("body_timeout", "1s"), ("write_timeout", "10s"),
            ("keep_alive_timeout", "10m"), ("linger_timeout", "off"),
            ("handshake_timeout", "5s"),
        ];
        let lengths = [100, 1000, 10_000, 600_000, u64::MAX / 2, 5000];
        let mut bench = Bench::new(&options, CONNECTIONS, start);
        let mut model = BTreeMap::new();
        for deed in deeds {
            match deed {
                Deed::Start(index, kind) => {
                    bench.start(index, Deadline::ALL[kind]);
                    model.insert(index, (kind, bench.now));
                }
                Deed::Stop(index) => {
                    bench.stop(index);
                    model.remove(&index);
                }
                Deed::Renew(index) => {
                    if let Some((_, since)) = model.get_mut(&index) {
                        *since = bench.now;
                        bench.renew(index);
                    }
                }
                Deed::Evict => {
                    let idle = model.values().filter(|(kind, _)| *kind == Deadline::KeepAlive as usize);
                    let oldest = idle.map(|(_, since)| *since).min();
                    let found = bench.longest_idle();
                    prop_assert_eq!(found.is_some(), oldest.is_some());
                    if let (Some(found), Some(oldest)) = (found, oldest) {
                        let (kind, since) = model[&found];
                        prop_assert_eq!(kind, Deadline::KeepAlive as usize);
                        // Those that are overdue are all as good.
                        let bound = oldest.max(bench.now.saturating_sub(600_000));
                        prop_assert!(since <= bound + bench.late(Deadline::KeepAlive));
                    }
                }
                Deed::Pass(milliseconds) => {
                    let fired = bench.pass(milliseconds);
                    for index in fired {
                        let (kind, since) = model.remove(&index).expect("it was running");
                        prop_assert!(since + lengths[kind] <= bench.now, "early");
                    }
                    for (kind, since) in model.values() {
                        let late = bench.late(Deadline::ALL[*kind]);
                        prop_assert!(since + lengths[*kind] + late > bench.now, "forgotten");
                    }
                }
            }
            prop_assert_eq!(bench.deadlines.pending as usize, model.len());
            prop_assert!(!bench.deadlines.any_due(), "all that were due were taken");
        }
    }
}

#[test]
fn a_timeout_that_changes_counts_for_deadlines_that_run() {
    let mut bench = Bench::new(&[("keep_alive_timeout", "1h")], 2, 5000);
    bench.start(0, Deadline::KeepAlive);
    assert_eq!(bench.pass(20_000), []);
    bench.start(1, Deadline::KeepAlive);
    bench.change("10s");
    let late = bench.late(Deadline::KeepAlive) + bench.tick();
    assert_eq!(bench.pass(late), [0], "idle for longer than the new timeout");
    assert_eq!(bench.pass(10_000 - late - 1), []);
    assert_eq!(bench.pass(1 + late), [1], "exactly the new timeout");
    assert!(bench.deadlines.is_empty());
}

#[test]
fn a_timeout_can_be_turned_off_and_on_while_deadlines_run() {
    let mut bench = Bench::new(KEEP_ALIVE_1S, 2, 0);
    bench.start(0, Deadline::KeepAlive);
    bench.now += 2000;
    // Found due, and not yet taken when the timeout goes.
    bench.sweep();
    bench.start(1, Deadline::KeepAlive);
    bench.change("off");
    assert_eq!(bench.due(Deadline::KeepAlive), []);
    assert_eq!(bench.pass(10_000_000), []);
    bench.change("1s");
    let late = bench.late(Deadline::KeepAlive) + bench.tick();
    let mut gone = bench.pass(late);
    gone.sort_unstable();
    assert_eq!(gone, [0, 1]);
}
