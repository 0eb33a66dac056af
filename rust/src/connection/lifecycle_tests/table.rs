//! LIFECYCLE.md has every cell, and each cell has its test.

const PAGE: &str = include_str!("../LIFECYCLE.md");

const TESTS: &str = concat!(
    include_str!("reading.rs"),
    include_str!("processing.rs"),
    include_str!("writing.rs"),
    include_str!("keep_alive.rs"),
    include_str!("closing.rs"),
    include_str!("../../worker/lifecycle_tests/quiet.rs"),
    include_str!("../../worker/lifecycle_tests/busy.rs"),
    include_str!("../../worker/lifecycle_tests/gone.rs"),
);

const STATES: [&str; 6] = ["READING", "PROCESSING", "WRITING", "KEEPALIVE", "CLOSING", "IDLE"];

const EVENTS: [&str; 9] = [
    "bytes",
    "end of stream",
    "reset",
    "some sent",
    "all sent",
    "answer",
    "deadline",
    "drain",
    "stop",
];

/// The cells of each line of a table.
fn rows() -> Vec<Vec<&'static str>> {
    let lines = PAGE.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    lines.map(|line| line.split(" | ").map(str::trim).collect()).collect()
}

#[test]
fn every_cell_of_the_matrix_names_states() {
    for event in EVENTS {
        let found: Vec<_> = rows().into_iter().filter(|row| row[0] == event).collect();
        let [row] = &found[..] else { panic!("{event}: {found:?}") };
        assert_eq!(row.len(), 1 + STATES.len(), "{event}");
        for cell in &row[1..] {
            assert!(cell.split(" or ").all(|state| STATES.contains(&state)), "{event}: {cell}");
        }
    }
}

#[test]
fn every_cell_has_its_own_test() {
    let mut named = std::collections::HashSet::new();
    for state in STATES {
        for event in EVENTS {
            let rows = rows();
            let mut cells = rows.iter().filter(|row| row[0] == state && row[1] == event);
            let cell = cells.next().unwrap_or_else(|| panic!("{state}, {event}: no line"));
            assert!(cells.next().is_none(), "{state}, {event}: two lines");
            let test = cell[3].trim_matches('`');
            assert!(named.insert(test.to_owned()), "{test} stands for two cells");
            let declared = format!("#[test]\nfn {test}() {{");
            assert!(TESTS.contains(&declared), "{state}, {event}: there is no test {test}");
        }
    }
}
