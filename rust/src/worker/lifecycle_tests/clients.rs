//! Clients of connections: counted as they come and go, whatever ends them.

use super::*;
use crate::clients::Clients;
use std::net::IpAddr;

const OPTIONS: [(&str, &str); 3] =
    [("proxy_protocol", "all"), ("proxy_trusted", "unix"), ("max_connections_per_client", "2")];

fn header(client: &str) -> Vec<u8> {
    format!("PROXY TCP4 {client} 192.0.2.9 1 2\r\n").into_bytes()
}

fn from(client: &str, octets: &[u8]) -> Vec<u8> {
    [&header(client), octets].concat()
}

impl Bench {
    fn open(&self, client: &str) -> u32 {
        let client: IpAddr = client.parse().unwrap();
        self.setup.clients.open(client, &self.setup.settings.clients)
    }
}

#[test]
fn a_client_is_counted_until_its_connection_is_gone() {
    let mut bench = Bench::with_options(&OPTIONS);
    let mut one = bench.connect(&from("192.0.2.1", GET));
    assert!(one.receive().0.starts_with("HTTP/1.1 200"));
    let two = bench.connect(&header("192.0.2.1"));
    assert_eq!(bench.open("192.0.2.1"), 2);
    let mut three = bench.connect(&from("192.0.2.1", GET));
    let (said, ended) = three.receive();
    assert!(said.starts_with("HTTP/1.1 429") && ended, "{said}");
    assert_eq!(bench.open("192.0.2.1"), 2);
    let other = bench.connect(&from("192.0.2.2", GET));
    assert_eq!(bench.open("192.0.2.2"), 1);
    drop((one, other));
    bench.turn();
    assert_eq!((bench.open("192.0.2.1"), bench.open("192.0.2.2")), (1, 0));
    bench.connections.close_all();
    assert_eq!(bench.open("192.0.2.1"), 0);
    drop((two, three));
}

#[test]
fn clients_of_a_worker_that_panicked_are_gone() {
    let mut bench = Bench::with_options(&OPTIONS);
    let _one = bench.connect(&header("192.0.2.1"));
    let clients: Arc<Clients> = bench.setup.clients.clone();
    let limits = bench.setup.settings.clients;
    // As after a panic: nobody has closed anything.
    drop(bench);
    assert_eq!(clients.open("192.0.2.1".parse().unwrap(), &limits), 0);
}

#[test]
fn connections_that_were_there_before_the_limit_are_counted_when_it_comes() {
    let mut bench = Bench::with_options(&OPTIONS[..2]);
    let _one = bench.connect(&from("192.0.2.1", GET));
    let _two = bench.connect(&from("192.0.2.1", GET));
    let _new = bench.connect(b"PROXY");
    assert_eq!(bench.open("192.0.2.1"), 0);
    let mut settings = Settings::clone(&bench.setup.settings);
    settings.clients.max_connections_per_client = 1;
    bench.setup.clients.prepare(&settings.clients).unwrap();
    bench.setup.settings = Arc::new(settings);
    for _ in 0..2 {
        bench.connections.change_settings(bench.setup.settings.clone());
        assert_eq!(bench.open("192.0.2.1"), 2, "nobody is turned away, or counted twice");
    }
    bench.connections.close_all();
    assert_eq!(bench.open("192.0.2.1"), 0);
}

#[test]
fn who_is_not_trusted_is_closed_without_a_word() {
    let options = [("proxy_protocol", "all"), ("proxy_trusted", "10.0.0.0/8")];
    let mut bench = Bench::with_options(&options);
    let mut client = bench.connect(&from("192.0.2.1", GET));
    bench.assert_states(&[]);
    assert_eq!(client.receive(), (String::new(), true));
    let stats = bench.stats();
    assert_eq!((stats.refused_proxy_source, stats.connections_handled), (1, 0));
}

#[test]
fn a_silent_proxy_is_closed_after_head_timeout_without_a_word() {
    let options = [OPTIONS[0], OPTIONS[1], ("head_timeout", "1s")];
    let mut bench = Bench::with_options(&options);
    let mut client = bench.connect(b"PROXY TCP4 192.0.2.1 ");
    bench.pass(900);
    client.send(b"192.0.2.2 ");
    bench.turn();
    bench.pass(700);
    bench.turn();
    bench.assert_states(&[]);
    assert_eq!(client.receive(), (String::new(), true));
    assert_eq!(bench.stats().timeouts_head, 1);
}
