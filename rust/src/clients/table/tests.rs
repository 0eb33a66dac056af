use super::*;
use std::net::Ipv6Addr;
use std::thread;

/// One set.
const SMALL: u64 = size_of::<Set>() as u64;
const MIB: u64 = 1 << 20;
const SECOND: u64 = 1_000_000_000;

fn client(number: u64) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(u128::from(number) << 64))
}

#[track_caller]
fn enter(table: &Table, number: u64) -> u32 {
    match table.enter(client(number), u32::MAX, 0) {
        Entered::In { place, .. } => place,
        other => panic!("{other:?}"),
    }
}

/// A client that came, asked `requests` times at a rate of one a second, and left.
fn pass_through(table: &Table, number: u64, requests: u64) {
    let place = enter(table, number);
    (0..requests).for_each(|_| assert!(table.spend(place, 0, SECOND, u64::MAX / 2)));
    table.leave(place);
}

fn is_known(table: &Table, number: u64) -> bool {
    let (at, tag) = table.find_set(client(number));
    position(&table.sets[at][..WAYS], tag).is_some()
}

/// Octets of memory that the kernel has given to the table, from /proc/self/smaps.
fn resident(table: &Table) -> u64 {
    let start = format!("{:x}-", table.sets.as_ptr().addr());
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mapping = maps.lines().skip_while(|line| !line.starts_with(&start));
    let rss = mapping.skip(1).find_map(|line| line.strip_prefix("Rss:")).expect("a mapping");
    rss.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[test]
fn a_million_clients_with_connections_open_fit_64_mib_and_none_is_lost() {
    let table = Table::new(64 * MIB).unwrap();
    assert_eq!(resident(&table), 0, "mapped as it is used");
    let million = 1_000_000;
    let places: Vec<u32> = (0..million).map(|number| enter(&table, number)).collect();
    let is_found = |number: &u64| {
        let entered = table.enter(client(*number), 2, 0);
        assert_eq!(table.enter(client(*number), 2, 0), Entered::Crowded);
        entered == Entered::In { place: places[*number as usize], forgot: false }
    };
    // Of a million clients two are taken for one in one of 500 runs (see the head of `table`).
    let found = (0..million).filter(is_found).count() as u64;
    assert!(found >= million - 4, "{found} found again, with one connection");
    let octets = resident(&table);
    println!("a million clients: {octets} octets, {} each", octets / million);
    assert!(octets <= 64 * MIB, "{octets}");
}

#[test]
fn memory_follows_use() {
    let table = Table::new(64 * MIB).unwrap();
    (0..100).for_each(|number| _ = enter(&table, number));
    assert!(resident(&table) <= 100 * 4096);
}

#[test]
fn a_client_with_connections_is_never_forgotten() {
    let table = Table::new(SMALL).unwrap();
    let held: Vec<u32> = (0..WAYS as u64).map(|number| enter(&table, number)).collect();
    assert_eq!(table.enter(client(1000), 9, 0), Entered::NoRoom);
    assert_eq!(table.enter(client(3), 1, 0), Entered::Crowded, "its count is still right");
    table.leave(held[3]);
    assert_eq!(table.enter(client(1000), 9, 0), Entered::In { place: held[3], forgot: false });
    assert_eq!(table.open(client(3)), 0);
    assert_eq!(table.open(client(1000)), 1);
}

#[test]
fn fresh_addresses_replace_each_other_and_not_one_that_is_over_its_rate() {
    let table = Table::new(SMALL).unwrap();
    let offenders = 0..(WAYS as u64 - 1);
    offenders.clone().for_each(|number| pass_through(&table, number, 100));
    for number in 1000..5000 {
        pass_through(&table, number, 1);
        assert!(is_known(&table, number));
    }
    assert!(offenders.clone().all(|number| is_known(&table, number)));
    // Who asks as much in its place is as much over its rate.
    pass_through(&table, 9000, 200);
    pass_through(&table, 9001, 1);
    assert_eq!(offenders.filter(|&number| is_known(&table, number)).count(), WAYS - 2);
}

#[test]
fn who_is_quiet_again_is_forgotten_first_and_that_is_no_loss() {
    let table = Table::new(SMALL).unwrap();
    (0..WAYS as u64).for_each(|number| pass_through(&table, number, 10 + number));
    let entered = table.enter(client(1000), 9, 12 * SECOND);
    assert!(matches!(entered, Entered::In { forgot: false, .. }), "whole since second 10");
    assert!(!is_known(&table, 0) && is_known(&table, 1));
    let entered = table.enter(client(1001), 9, 5 * SECOND);
    assert!(matches!(entered, Entered::In { forgot: true, .. }));
    assert!(!is_known(&table, 1) && is_known(&table, 2));
}

#[test]
fn a_new_client_in_an_old_place_has_a_burst_of_its_own() {
    let table = Table::new(SMALL).unwrap();
    (0..WAYS as u64).for_each(|number| pass_through(&table, number, 10));
    let place = enter(&table, 1000);
    assert!((0..10).all(|_| table.spend(place, 0, SECOND, 9 * SECOND)));
    assert!(!table.spend(place, 0, SECOND, 9 * SECOND));
}

#[test]
fn a_client_may_have_none_at_all() {
    let table = Table::new(SMALL).unwrap();
    assert_eq!(table.enter(client(1), 0, 0), Entered::Crowded);
}

#[test]
fn each_table_has_a_key_of_its_own() {
    let (one, other) = (Table::new(MIB).unwrap(), Table::new(MIB).unwrap());
    assert!((0..20).any(|number| one.find_set(client(number)) != other.find_set(client(number))));
}

#[test]
fn counts_are_exact_whatever_workers_do_at_once() {
    const LIMIT: u32 = 3;
    let table = Table::new(4 * SMALL).unwrap();
    let most_seen = thread::scope(|scope| {
        let table = &table;
        let work = move |seed: u64| {
            let (mut most_seen, mut random) = (0, seed);
            for _ in 0..20_000 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let number = (random >> 33) % 8;
                if let Entered::In { place, .. } = table.enter(client(number), LIMIT, 0) {
                    most_seen = most_seen.max(table.open(client(number)));
                    table.spend(place, 0, 1, u64::MAX / 2);
                    table.leave(place);
                }
            }
            most_seen
        };
        let workers: Vec<_> = (1..5).map(|seed| scope.spawn(move || work(seed))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).max()
    });
    assert!(most_seen <= Some(LIMIT), "{most_seen:?}");
    for number in 0..8 {
        assert_eq!(table.open(client(number)), 0);
        let entries = table.sets.iter().flat_map(|set| &set[..WAYS]);
        let tag = table.find_set(client(number)).1;
        let same = entries.filter(|word| word.load(Relaxed) & !OPEN == tag).count();
        assert_eq!(same, 1, "one entry for each client");
    }
}

#[test]
fn a_rate_holds_over_all_workers() {
    let table = Table::new(SMALL).unwrap();
    let place = enter(&table, 1);
    let answered: usize = thread::scope(|scope| {
        let table = &table;
        let ask = move || (0..5000).filter(|_| table.spend(place, 7, SECOND, 99 * SECOND)).count();
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!(answered, 100, "the burst, once");
}
