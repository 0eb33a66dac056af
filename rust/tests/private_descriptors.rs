//! Workers with a table of descriptors of their own. A program of its own: it counts the
//! descriptors of the whole process.

mod promise;

use http_responder::{Action, Config, ErrorCode, Server};
use promise::*;
use std::fs::read_dir;
use std::net::TcpStream;
use std::sync::Arc;

const CLIENTS: usize = 20;

/// A server that nothing of this program's own answers for.
fn plain(workers: &str, accept: &str) -> Server {
    let mut config = Config::new();
    for (name, value) in [
        ("workers", workers),
        ("accept", accept),
        ("private_descriptors", "on"),
        ("log_level", "off"),
        ("drain_timeout", "1s"),
    ] {
        config.set(name, value).unwrap();
    }
    let server = Server::new(&config).unwrap();
    server.listen("127.0.0.1:0").unwrap();
    server
}

/// Descriptors in the table of this thread, which all share that have not left it.
fn shared() -> usize {
    read_dir("/proc/thread-self/fd").expect("procfs").count()
}

/// One test after the other: they count.
#[test]
fn workers_leave_the_table_and_leave_nothing_in_it() {
    connections_are_in_the_workers_table_and_a_drained_port_is_closed();
    servers_that_come_and_go_leave_no_descriptor();
    what_the_program_itself_answers_is_refused();
}

fn connections_are_in_the_workers_table_and_a_drained_port_is_closed() {
    for (workers, accept, is_private) in
        [("1", "dispatch", true), ("2", "reuseport", true), ("2", "dispatch", false)]
    {
        let server = plain(workers, accept);
        server.start().unwrap();
        let before = shared();
        let mut clients: Vec<Client> = (0..CLIENTS).map(|_| Client::new(&server)).collect();
        for client in &mut clients {
            assert_eq!(client.get("/x.gif").status, 200);
        }
        // The clients' ends, and the server's where it shares the table.
        let ends = (shared() - before) / CLIENTS;
        assert_eq!(ends, if is_private { 1 } else { 2 }, "{workers} {accept}");

        // A request in progress holds up the drain, but not the port.
        clients[0].send("GET /x.gif HTTP/1.1\r\n");
        server.drain(None).unwrap();
        let address = server.address(0).unwrap();
        wait_until("the port is closed", || TcpStream::connect(&address).is_err());
        clients[0].send("Host: a\r\n\r\n");
        assert_eq!(clients[0].reply().status, 200);
        server.wait(Some(PATIENCE)).unwrap();
    }
}

fn servers_that_come_and_go_leave_no_descriptor() {
    let come_and_go = |number: usize| {
        let server = plain("2", ["dispatch", "reuseport"][number % 2]);
        server.start().unwrap();
        assert_eq!(Client::new(&server).get("/").status, 200);
        server.stop().unwrap();
    };
    (0..4).for_each(come_and_go);
    let before = shared();
    (0..40).for_each(come_and_go);
    assert_eq!(shared(), before);
}

fn what_the_program_itself_answers_is_refused() {
    let server = plain("1", "dispatch");
    server.rule(None, "/", ok("hello")).unwrap();
    let error = server.start().unwrap_err();
    assert_eq!(error.code(), ErrorCode::State);
    assert!(error.to_string().starts_with("private_descriptors: expected"), "{error}");

    let server = plain("1", "dispatch");
    server.start().unwrap();
    let handler =
        |_: &http_responder::Request<'_>, _: &mut http_responder::Exchange<'_>| Action::Done;
    let refused = server.route(None, "/", Arc::new(handler)).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::State);
    assert_eq!(server.rule(None, "/", ok("hello")).unwrap_err().code(), ErrorCode::State);
    server.fallback(Arc::new(handler));
    assert!(Client::new(&server).get("/").text().contains("<"), "the default answer");
    server.stop().unwrap();
}
