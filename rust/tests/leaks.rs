//! Servers that come and go leave nothing behind. A program of its own: it counts the
//! descriptors and threads of the whole process.

mod promise;

use promise::*;
use std::fs::read_dir;

fn count(what: &str) -> usize {
    read_dir(format!("/proc/self/{what}")).expect("procfs").count()
}

#[test]
fn three_hundred_servers_leave_no_descriptor_and_no_thread() {
    let come_and_go = |number: usize| {
        let accept = ["dispatch", "reuseport"][number % 2];
        let server = built(&[("workers", "2"), ("accept", accept), ("drain_timeout", "50ms")]);
        let deferred = route_deferred(&server, "/later");
        if number % 5 == 4 {
            // Never started.
            return None;
        }
        server.start().unwrap();
        let mut client = Client::new(&server);
        assert_eq!(client.get("/").status, 200);
        if number.is_multiple_of(3) {
            client.ask("/later");
            let held = deferred.recv_timeout(PATIENCE).unwrap();
            if number.is_multiple_of(2) {
                server.stop().unwrap();
            }
            // The answer outlives its server, and it its client.
            return Some(held);
        }
        if number.is_multiple_of(7) {
            server.drain(None).unwrap();
            server.wait(Some(PATIENCE)).unwrap();
        }
        None
    };
    let threads = count("task");
    // What the process makes once is made by the first ones.
    let held: Vec<_> = (0..10).filter_map(come_and_go).collect();
    drop(held);
    let descriptors = count("fd");
    let held: Vec<_> = (0..300).filter_map(come_and_go).collect();
    assert!(held.iter().all(|deferred| deferred.is_gone()));
    drop(held);
    assert_eq!(count("fd"), descriptors);
    // The kernel takes a moment to forget a thread that has been joined.
    wait_until("no thread is left", || count("task") == threads);
}
