//! Workers with a table of descriptors of their own. A program of its own: it counts the
//! descriptors of the whole process.

mod promise;

use promise::*;
use std::fs::read_dir;
use std::net::TcpStream;
use std::time::Duration;

const CLIENTS: usize = 20;

/// Descriptors in the table of this thread, which all share that have not left it.
fn shared() -> usize {
    read_dir("/proc/thread-self/fd").expect("procfs").count()
}

#[test]
fn connections_are_in_the_workers_table_and_a_drained_port_is_closed() {
    for (workers, accept, is_private) in
        [("1", "dispatch", true), ("2", "reuseport", true), ("2", "dispatch", false)]
    {
        let options = [("workers", workers), ("accept", accept), ("private_descriptors", "on")];
        let server = built(&options);
        let deferred = route_deferred(&server, "/later");
        server.start().unwrap();
        let before = shared();
        let mut clients: Vec<Client> = (0..CLIENTS).map(|_| Client::new(&server)).collect();
        for client in &mut clients {
            assert_eq!(client.get("/").status, 200);
        }
        // The clients' ends, and the server's where it shares the table.
        let ends = (shared() - before) / CLIENTS;
        assert_eq!(ends, if is_private { 1 } else { 2 }, "{workers} {accept}");

        // Messages from other threads find their worker, and a handler's own thread finds others'.
        clients[0].ask("/later");
        let held = deferred.recv_timeout(PATIENCE).unwrap();
        held.respond(&ok("late")).unwrap();
        assert_eq!(clients[0].reply().text(), "late");

        clients[0].ask("/later");
        let held = deferred.recv_timeout(PATIENCE).unwrap();
        server.drain(None).unwrap();
        let address = server.address(0).unwrap();
        wait_until("the port is closed", || TcpStream::connect(&address).is_err());
        held.respond(&ok("last")).unwrap();
        assert_eq!(clients[0].reply().text(), "last");
        server.wait(Some(Duration::from_secs(10))).unwrap();
    }
}
