use super::*;
use crate::responder::Response;
use crate::worker::WAKER;
use mio::{Events, Poll};

fn worker() -> (Poll, Handle) {
    let poll = Poll::new().unwrap();
    let waker = Waker::new(poll.registry(), WAKER).unwrap();
    (poll, Handle::new(waker, 1000))
}

/// How often the worker is woken by what was told so far.
fn wakes(poll: &mut Poll) -> usize {
    let mut events = Events::with_capacity(8);
    poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
    events.iter().count()
}

#[test]
fn what_is_told_wakes_the_worker_and_arrives_in_order() {
    let (mut poll, handle) = worker();
    assert_eq!(wakes(&mut poll), 0);
    handle.tell(Message::Refresh);
    handle.tell(Message::Drain(None));
    handle.tell(Message::Stop);
    assert_eq!(wakes(&mut poll), 1);
    let mut messages = VecDeque::new();
    handle.take_messages(&mut messages);
    let kinds: Vec<_> = messages.iter().map(|m| format!("{m:?}")).collect();
    assert_eq!(kinds, ["Refresh", "Drain(None)", "Stop"]);
}

#[test]
fn a_worker_that_was_rung_for_is_rung_for_again_after_it_looked() {
    let (mut poll, handle) = worker();
    handle.tell(Message::Refresh);
    assert_eq!(wakes(&mut poll), 1);
    handle.tell(Message::Refresh);
    assert_eq!(wakes(&mut poll), 0, "it has not looked yet");
    let mut messages = VecDeque::new();
    handle.take_messages(&mut messages);
    assert_eq!(messages.len(), 2);
    handle.tell(Message::Refresh);
    assert_eq!(wakes(&mut poll), 1);
}

#[test]
fn connections_are_handed_over_up_to_the_bound() {
    let (_poll, handle) = worker();
    let mut hand: VecDeque<_> = (0..5).map(|_| Message::Refresh).collect();
    handle.hand_over(&mut hand, 3);
    assert_eq!(hand.len(), 2, "the rest stays");
    let mut messages = VecDeque::new();
    handle.take_messages(&mut messages);
    assert_eq!(messages.len(), 3);
}

#[test]
fn a_posted_answer_names_its_connection() {
    let (mut poll, handle) = worker();
    let key = Key { index: 5, generation: 9 };
    handle.post(key, Delivery::Answer(Response::builder(204).build().unwrap()));
    assert_eq!(wakes(&mut poll), 1);
    let mut messages = VecDeque::new();
    handle.take_messages(&mut messages);
    let Some(Message::Delivery(to, Delivery::Answer(response))) = messages.pop_front() else {
        panic!("no answer")
    };
    assert_eq!((to, response.status()), (key, 204));
}

#[test]
fn a_pulse_is_stalled_only_in_the_middle_of_a_turn_that_takes_too_long() {
    let pulse = Pulse::default();
    let limit = Duration::from_secs(1);
    assert!(!pulse.is_stalled(limit), "not begun");
    pulse.busy(clock::monotonic_ms());
    assert!(!pulse.is_stalled(limit), "just begun");
    pulse.busy(clock::monotonic_ms().saturating_sub(2000));
    assert!(pulse.is_stalled(limit));
    pulse.idle();
    assert!(!pulse.is_stalled(limit), "waiting for events, however long");
}

#[test]
fn a_thread_is_a_worker_only_of_the_server_it_entered() {
    std::thread::spawn(|| {
        assert!(!is_worker_of(41));
        enter_server(41);
        assert!(is_worker_of(41) && !is_worker_of(42));
    })
    .join()
    .unwrap();
    assert!(!is_worker_of(41));
}

#[test]
fn what_an_ended_worker_was_told_is_dropped_whoever_comes_first() {
    let (_poll, handle) = worker();
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    handle.tell(Message::Connection(theirs.into(), 0));
    handle.end();
    assert_eq!(std::io::Read::read(&mut &ours, &mut [0]).unwrap(), 0, "closed");
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    handle.tell(Message::Connection(theirs.into(), 0));
    assert_eq!(std::io::Read::read(&mut &ours, &mut [0]).unwrap(), 0, "closed");
}
