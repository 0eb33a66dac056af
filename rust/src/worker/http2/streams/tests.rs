use super::*;

const CONNECTION: Key = Key { index: 7, generation: 3 };

fn stream() -> Box<Stream> {
    Box::new(Stream {
        connection: CONNECTION,
        machine: Machine::of_stream(0),
        answer: Answer::new(false),
        inbox: Vec::new(),
        read: 0,
        unused: 0,
        early: false,
        chunked: false,
        rest: None,
        since: 0,
        armed: false,
    })
}

/// Takes one in; its key and its slot.
fn put(streams: &mut Streams) -> (Key, u32) {
    let key = streams.next_key();
    (key, streams.put(stream()))
}

#[test]
fn a_key_names_its_stream_until_that_is_gone() {
    let mut streams = Streams::default();
    let (first, one) = put(&mut streams);
    let (second, two) = put(&mut streams);
    assert!(first != second && one != two);
    assert_eq!(streams.get(first).map(|stream| stream.connection), Some(CONNECTION));
    assert_eq!((streams.key_of(one), streams.key_of(two)), (Some(first), Some(second)));
    assert!(streams.take(one).is_some() && streams.take(one).is_none());
    assert!(streams.get(first).is_none() && streams.get(second).is_some());
}

#[test]
fn a_key_is_never_that_of_a_connection_or_of_another_stream_in_the_slot() {
    let mut streams = Streams::default();
    let (first, slot) = put(&mut streams);
    let connection = Key { index: slot, generation: first.generation };
    assert!(streams.get(connection).is_none(), "a connection in the slot of this number");
    streams.take(slot);
    let (next, same) = put(&mut streams);
    assert_eq!(same, slot, "a free slot is used again");
    assert!(streams.get(first).is_none() && streams.get(next).is_some());
}

#[test]
fn who_is_answered_at_once_takes_no_slot_and_its_key_names_nobody() {
    let mut streams = Streams::default();
    let never = streams.next_key();
    let (stays, slot) = put(&mut streams);
    assert_eq!(stays.index, never.index, "no slot was used for it");
    assert!(streams.get(never).is_none() && streams.get(stays).is_some());
    assert_eq!((streams.slots.len(), slot), (1, 0));
}

#[test]
fn who_was_lent_is_not_there_meanwhile_and_has_its_key_afterwards() {
    let mut streams = Streams::default();
    let (key, slot) = put(&mut streams);
    let (lent, mut stream) = streams.lend(slot).unwrap();
    assert_eq!(lent, key);
    assert!(streams.lend(slot).is_none() && streams.get(key).is_none());
    stream.unused = 5;
    streams.give_back(slot, stream);
    assert_eq!(streams.get(key).map(|stream| stream.unused), Some(5));
    // Its end comes while it is lent.
    streams.lend(slot).unwrap();
    streams.free(slot);
    assert!(streams.get(key).is_none() && put(&mut streams).1 == slot);
}

#[test]
fn slots_are_used_again_before_there_are_more() {
    let mut streams = Streams::default();
    let slots: Vec<u32> = (0..5).map(|_| put(&mut streams).1).collect();
    for slot in [3, 1] {
        streams.take(slot);
    }
    let again: Vec<u32> = (0..3).map(|_| put(&mut streams).1).collect();
    assert_eq!((slots, again), (vec![0, 1, 2, 3, 4], vec![1, 3, 5]));
}

#[test]
fn who_writes_goes_on_when_there_is_room_and_who_was_cut_off_in_any_case() {
    let mut streams = Streams::default();
    let (_, slot) = put(&mut streams);
    let machine = |streams: &mut Streams, state| {
        streams.slots[slot as usize].stream.as_mut().unwrap().machine.assume(state);
    };
    for (state, has_room, goes) in [
        (State::Reading, true, false),
        (State::Processing, true, false),
        (State::Writing, false, false),
        (State::Writing, true, true),
    ] {
        machine(&mut streams, state);
        let rest = streams.rest_of(slot, has_room);
        assert_eq!(rest.is_some(), goes, "{state:?}, room: {has_room}");
    }
    let cut = Ready { read_closed: true, ..Ready::READABLE };
    machine(&mut streams, State::Reading);
    streams.slots[slot as usize].stream.as_mut().unwrap().rest = Some(cut);
    assert!(streams.rest_of(slot, false).is_some_and(|rest| rest.read_closed));
    assert!(streams.rest_of(slot, false).is_none(), "once");
    assert!(streams.rest_of(99, true).is_none(), "a slot that is none");
}

#[test]
fn what_the_streams_of_a_connection_hold_is_counted() {
    let mut streams = Streams::default();
    let open = |slot| Open { id: 1, slot, credit: 0, window: 0, left: None, ended: false };
    let (_, one) = put(&mut streams);
    let (_, two) = put(&mut streams);
    let empty = memory(&[open(one)], &streams);
    assert_eq!(empty, size_of::<Stream>() as u64);
    streams.slots[two as usize].stream.as_mut().unwrap().inbox = Vec::with_capacity(1000);
    assert_eq!(memory(&[open(one), open(two)], &streams), 2 * empty + 1000);
    assert_eq!(memory(&[open(99)], &streams), 0);
}
