//! PROCESSING and WRITING.

use super::*;

#[test]
fn processing_on_bytes_leaves_them_in_the_socket_until_the_answer() {
    let mut bench = Bench::new();
    let mut client = bench.connect(GET_LATER);
    bench.assert_states(&[State::Processing]);
    let before = bench.stats().bytes_received;
    client.send(GET);
    bench.turn();
    assert_eq!(bench.stats().bytes_received, before);
    assert_eq!(client.receive(), (String::new(), false));

    bench.taken_deferred().respond(&ok("late")).unwrap();
    bench.deliver();
    let (said, _) = client.receive();
    assert_eq!(responses(&said), 2);
    assert!(said.find("late") < said.find("hello"), "in the order of the requests: {said}");
    bench.assert_states(&[State::KeepAlive]);
}

#[test]
fn processing_on_reset_frees_the_record_and_the_answer_is_told() {
    let mut bench = Bench::new();
    let client = bench.connect(&[GET, GET_LATER].concat());
    let deferred = bench.taken_deferred();
    // The first answer is unread: this is a reset.
    drop(client);
    bench.turn();
    bench.assert_states(&[]);
    assert!(deferred.is_gone());
    assert_eq!(deferred.respond(&ok("late")).unwrap_err().code(), crate::ErrorCode::Gone);
}

#[test]
fn processing_on_stop_is_closed_and_the_answer_is_told() {
    let mut bench = Bench::new();
    let _client = bench.connect(GET_LATER);
    let deferred = bench.taken_deferred();
    bench.connections.close_all();
    bench.assert_states(&[]);
    assert!(deferred.is_gone());
}

#[test]
fn writing_on_bytes_leaves_them_in_the_socket_until_all_is_sent() {
    let mut bench = Bench::new();
    let mut client = bench.connect(GET_LARGE);
    bench.assert_states(&[State::Writing]);
    let before = bench.stats().bytes_received;
    client.send(GET);
    bench.turn();
    assert_eq!(bench.stats().bytes_received, before);
    let said = read_all_while_turning(&mut bench, &mut client);
    assert_eq!(responses(&said), 2);
    assert!(said.ends_with("hello"));
    bench.assert_states(&[State::KeepAlive]);
}

#[test]
fn writing_on_end_of_stream_sends_the_rest_and_closes_then() {
    let mut bench = Bench::new();
    let mut client = bench.connect(GET_LARGE);
    client.end();
    bench.turn();
    bench.assert_states(&[State::Writing]);
    let said = read_all_while_turning(&mut bench, &mut client);
    assert!(said.len() > LARGE);
    bench.assert_states(&[]);
    assert_eq!(bench.stats().disconnects_early, 0);
}

#[test]
fn writing_on_reset_frees_the_record_and_its_buffer() {
    let mut bench = Bench::new();
    let client = bench.connect(GET_LARGE);
    bench.assert_states(&[State::Writing]);
    assert_eq!(bench.stats().buffers_lent, 1);
    drop(client);
    bench.turn();
    bench.assert_states(&[]);
    assert_eq!(bench.stats().disconnects_reset, 1);
}

#[test]
fn writing_on_stop_is_closed_at_once() {
    let mut bench = Bench::new();
    let mut client = bench.connect(GET_LARGE);
    bench.connections.close_all();
    bench.assert_states(&[]);
    let (said, ended) = client.receive();
    assert!(ended && said.len() < LARGE);
}

// What follows is between the cells.

#[test]
fn a_client_that_takes_a_little_at_a_time_renews_the_deadline_of_writing() {
    let mut bench = Bench::with_options(&[("write_timeout", "1s")]);
    let mut client = bench.connect(GET_LARGE);
    for _ in 0..4 {
        bench.pass(800);
        assert!(!client.receive().1);
        bench.turn();
        bench.assert_states(&[State::Writing]);
    }
    bench.pass(1300);
    bench.turn();
    bench.assert_states(&[]);
    assert_eq!(bench.stats().timeouts_write, 1);
}

#[test]
fn a_held_request_outlives_every_deadline() {
    let mut bench = Bench::new();
    let mut client = bench.connect(GET_LATER);
    assert!(!bench.connections.has_deadlines());
    for _ in 0..10 {
        bench.pass(86_400_000);
        bench.turn();
    }
    bench.taken_deferred().respond(&ok("late")).unwrap();
    bench.deliver();
    assert!(client.receive().0.ends_with("late"));
}

#[test]
fn a_client_that_leaves_while_its_request_is_held_is_noticed() {
    let mut bench = Bench::new();
    let mut client = bench.connect(GET_LATER);
    let deferred = bench.taken_deferred();
    client.end();
    bench.turn();
    bench.assert_states(&[]);
    assert!(deferred.is_gone());
    assert_eq!(bench.stats().disconnects_early, 1);
}

#[test]
fn a_drained_server_finishes_a_large_answer_and_ends_the_connection() {
    let mut bench = Bench::new();
    let mut client = bench.connect(GET_LARGE);
    bench.connections.drain();
    bench.assert_states(&[State::Writing]);
    let said = read_all_while_turning(&mut bench, &mut client);
    assert!(said.len() > LARGE);
    // Its answer was made before, without a word of the end: it may ask once more.
    bench.pass(300);
    bench.turn();
    bench.assert_states(&[]);
}

/// Reads until nothing more comes, with the worker taking its turns.
pub(super) fn read_all_while_turning(bench: &mut Bench, client: &mut Client) -> String {
    let mut all = String::new();
    loop {
        let (said, ended) = client.receive();
        let quiet = said.is_empty();
        all.push_str(&said);
        if ended || quiet {
            return all;
        }
        bench.turn();
    }
}
