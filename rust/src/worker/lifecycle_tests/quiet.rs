//! READING, KEEPALIVE and CLOSING.

use super::*;
use crate::worker::connections::expiry::IDLE_CLOSED_A_SECOND;

/// Ends `client` so that the other side sees a reset: an answer is left unread.
fn reset(client: Client) {
    drop(client);
}

#[test]
fn reading_on_reset_frees_the_record_and_counts_it() {
    let mut bench = Bench::new();
    let mut client = bench.connect(b"");
    // The answer to the first request stays unread while a second one has begun.
    client.send(&[GET, b"GE"].concat());
    bench.turn();
    bench.assert_states(&[State::Reading]);
    reset(client);
    bench.turn();
    bench.assert_states(&[]);
    assert_eq!(bench.stats().disconnects_reset, 1);
}

#[test]
fn reading_on_stop_is_closed_at_once() {
    let mut bench = Bench::new();
    let mut client = bench.connect(b"GET / HT");
    bench.assert_states(&[State::Reading]);
    assert_eq!(bench.connections.close_all(), 1);
    bench.assert_states(&[]);
    assert_eq!(client.receive(), (String::new(), true));
}

#[test]
fn keep_alive_on_reset_frees_the_record_and_counts_it() {
    let mut bench = Bench::new();
    let client = bench.connect(GET);
    bench.assert_states(&[State::KeepAlive]);
    reset(client);
    bench.turn();
    bench.assert_states(&[]);
    assert_eq!(bench.stats().disconnects_reset, 1);
}

#[test]
fn keep_alive_on_stop_is_closed_at_once() {
    let mut bench = Bench::new();
    let mut client = bench.connect(GET);
    bench.connections.close_all();
    bench.assert_states(&[]);
    let (said, ended) = client.receive();
    assert_eq!((responses(&said), ended), (1, true));
}

#[test]
fn closing_on_reset_frees_the_record_and_counts_it() {
    let mut bench = Bench::new();
    let client = bench.connect(BAD);
    bench.assert_states(&[State::Closing]);
    reset(client);
    bench.turn();
    bench.assert_states(&[]);
    assert_eq!(bench.stats().disconnects_reset, 1);
}

#[test]
fn closing_on_all_of_the_last_answer_read_waits_for_the_client_to_close() {
    let mut bench = Bench::new();
    let mut client = bench.connect(BAD);
    let (said, ended) = client.receive();
    assert!(said.starts_with("HTTP/1.1 400 ") && ended, "the server's side has ended: {said}");
    bench.turn();
    bench.assert_states(&[State::Closing]);
    drop(client);
    bench.turn();
    bench.assert_states(&[]);
    assert_eq!(bench.stats().disconnects_reset, 0);
}

#[test]
fn closing_on_stop_is_closed_at_once() {
    let mut bench = Bench::new();
    let _client = bench.connect(BAD);
    bench.assert_states(&[State::Closing]);
    bench.connections.close_all();
    bench.assert_states(&[]);
}

// What follows is between the cells.

#[test]
fn bytes_that_come_together_with_the_deadline_of_a_head_do_not_renew_it() {
    let mut bench = Bench::with_options(&[("head_timeout", "1s")]);
    let mut client = bench.connect(b"G");
    bench.pass(5000);
    client.send(b"E");
    bench.turn();
    assert!(client.receive().0.starts_with("HTTP/1.1 408 "));
    assert_eq!(bench.stats().timeouts_head, 1);
}

#[test]
fn each_deadline_ends_its_state_on_time_and_not_before() {
    let options = [("head_timeout", "1s"), ("keep_alive_timeout", "3s"), ("linger_timeout", "2s")];
    for (octets, state, milliseconds) in [
        (b"".as_slice(), State::Reading, 1000),
        (GET, State::KeepAlive, 3000),
        (BAD, State::Closing, 2000),
    ] {
        let mut bench = Bench::with_options(&options);
        let _client = bench.connect(octets);
        bench.pass(milliseconds - 1);
        bench.turn();
        bench.assert_states(&[state]);
        bench.pass(1 + bench.connections.tick_period().as_millis() as u64);
        bench.turn();
        bench.assert_states(&[]);
    }
}

#[test]
fn bytes_do_not_renew_the_deadline_of_a_head() {
    let mut bench = Bench::with_options(&[("head_timeout", "1s")]);
    let mut client = bench.connect(b"G");
    for octet in [b"E", b"T"] {
        bench.pass(400);
        client.send(octet);
        bench.turn();
    }
    bench.assert_states(&[State::Reading]);
    bench.pass(500);
    bench.turn();
    assert!(client.receive().0.starts_with("HTTP/1.1 408 "));
    bench.assert_states(&[State::Closing]);
}

#[test]
fn bytes_renew_the_deadline_of_a_body() {
    let mut bench = Bench::with_options(&[("body_timeout", "1s")]);
    let mut client = bench.connect(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
    for _ in 0..4 {
        bench.pass(800);
        client.send(b"b");
        bench.turn();
    }
    bench.assert_states(&[State::Reading]);
    bench.pass(1300);
    bench.turn();
    assert!(client.receive().0.starts_with("HTTP/1.1 408 "));
    assert_eq!(bench.stats().timeouts_body, 1);
}

#[test]
fn requests_renew_the_deadline_of_keep_alive() {
    let mut bench = Bench::with_options(&[("keep_alive_timeout", "1s")]);
    let mut client = bench.connect(GET);
    for _ in 0..4 {
        bench.pass(800);
        client.send(GET);
        bench.turn();
    }
    assert_eq!(responses(&client.receive().0), 5);
    bench.pass(1300);
    bench.turn();
    bench.assert_states(&[]);
    assert_eq!(bench.stats().timeouts_keepalive, 1);
}

#[test]
fn a_request_that_comes_together_with_its_deadline_is_served() {
    for request in [GET, GET_LATER] {
        let mut bench = Bench::with_options(&[("keep_alive_timeout", "1s")]);
        let mut client = bench.connect(GET);
        bench.pass(5000);
        client.send(request);
        bench.turn();
        let state = if request == GET { State::KeepAlive } else { State::Processing };
        bench.assert_states(&[state]);
        assert_eq!(bench.stats().timeouts_keepalive, 0);
    }
}

#[test]
fn a_full_pool_gives_up_its_longest_idle_connection_but_no_busy_one() {
    let mut bench = Bench::with_options(&[("max_connections", "2")]);
    let mut busy = bench.connect(GET_LATER);
    let mut idle = bench.connect(GET);
    let mut new = bench.connect(GET_LATER);
    assert!(idle.receive().1, "closed in favour of the new one");
    assert!(!busy.receive().1);
    assert_eq!(bench.stats().connections_evicted, 1);
    bench.assert_states(&[State::Processing, State::Processing]);

    let mut refused = bench.connect(GET);
    assert!(refused.receive().0.starts_with("HTTP/1.1 503 "));
    assert_eq!(bench.stats().refused_full, 1);
    assert!(!new.receive().1);
}

#[test]
fn a_full_pool_may_give_up_its_slowest_connection_for_a_new_one() {
    let mut bench = Bench::with_options(&[("max_connections", "2")]);
    bench.connections.evicts_slow = true;
    let mut first = bench.connect(&GET[..9]);
    bench.pass(10);
    let mut second = bench.connect(&GET[..9]);
    first.send(&GET[9..]);
    let mut third = bench.connect(GET);
    // What was missing had come: it is answered before it makes room.
    assert_eq!(responses(&first.receive().0), 1);
    assert!(second.receive().1, "closed in favour of the new one");
    assert_eq!(responses(&third.receive().0), 1);
    assert_eq!((bench.stats().connections_evicted, bench.stats().refused_full), (1, 0));

    let mut busy = [bench.connect(GET_LATER), bench.connect(GET_LATER)];
    assert!(first.receive().1 && third.receive().1, "idle ones go first");
    assert!(bench.connect(GET).receive().0.starts_with("HTTP/1.1 503 "));
    assert!(busy.iter_mut().all(|it| !it.receive().1), "nobody who waits for us is slow");
}

#[test]
fn draining_answers_a_request_that_was_on_its_way_and_closes_the_idle() {
    let mut bench = Bench::new();
    let mut idle = bench.connect(GET);
    let mut silent = bench.connect(b"");
    let mut asking = bench.connect(GET);
    asking.send(GET);
    bench.pass(300);
    bench.connections.drain();
    bench.assert_states(&[State::Reading, State::Closing]);
    // Its first request may be on the way; half a second later nobody believes it.
    assert_eq!(silent.receive(), (String::new(), false));
    bench.pass(600);
    bench.turn();
    bench.assert_states(&[State::Closing, State::Closing]);
    let (said, ended) = asking.receive();
    assert_eq!(responses(&said), 2);
    assert!(said.contains("Connection: close\r\n") && ended);
    assert_eq!(idle.receive().0.len() * 2 + "Connection: close\r\n".len(), said.len());
    assert_eq!(silent.receive(), (String::new(), true));
    drop((asking, silent));
    bench.turn();
    bench.assert_states(&[]);
}

#[test]
fn idle_connections_that_expire_together_are_closed_a_number_a_second() {
    const MANY: usize = 20;
    let limits = [("max_connections", "20"), ("keep_alive_timeout", "10s")];
    let mut bench = Bench::with_options(&limits);
    let mut clients: Vec<_> = (0..MANY).map(|_| bench.connect(GET)).collect();
    bench.pass(11_000);
    let mut open = MANY as u64;
    while open > 0 {
        bench.turn();
        bench.turn();
        let left = bench.stats().connections_open;
        assert_eq!(open - left, open.min(IDLE_CLOSED_A_SECOND.into()), "one second's share");
        assert_eq!(bench.connections.has_deadlines(), left > 0, "the timer runs for the rest");
        open = left;
        bench.pass(1000);
    }
    assert_eq!(bench.stats().timeouts_keepalive, MANY as u64);
    assert!(clients.iter_mut().all(|client| client.receive().1));
}

#[test]
fn a_request_spares_an_idle_connection_that_expired_and_is_not_closed_yet() {
    let limits = [("max_connections", "20"), ("keep_alive_timeout", "10s")];
    let mut bench = Bench::with_options(&limits);
    let mut clients: Vec<_> = (0..20).map(|_| bench.connect(GET)).collect();
    bench.pass(11_000);
    bench.turn();
    let last = clients.last_mut().unwrap();
    last.send(GET);
    for _ in 0..9 {
        bench.turn();
        bench.pass(1000);
    }
    bench.assert_states(&[State::KeepAlive]);
    assert_eq!(responses(&last.receive().0), 2);
}

#[test]
fn who_has_run_out_of_time_makes_room_first() {
    let limits = [("max_connections", "20"), ("keep_alive_timeout", "10s")];
    let mut bench = Bench::with_options(&limits);
    let _old: Vec<_> = (0..20).map(|_| bench.connect(GET)).collect();
    bench.pass(11_000);
    let mut fresh = bench.connect(GET);
    assert_eq!(responses(&fresh.receive().0), 1);
    assert_eq!(bench.stats().connections_evicted, 0);
}
