//! Files as answers: the connection goes on behind them, and nobody waits for them.

mod promise;

use http_responder::{Action, Server};
use promise::*;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("hr_{name}_{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, octets: &[u8]) -> PathBuf {
        let path = self.0.join("file");
        File::create(&path).unwrap().write_all(octets).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn serving(path: PathBuf, options: &[(&str, &str)]) -> Server {
    let server = built(options);
    route(&server, "/file", move |request, exchange| {
        let file = File::open(&path).unwrap();
        exchange.respond_file(request, &ok(""), file).unwrap();
        Action::Done
    });
    server.start().unwrap();
    server
}

#[test]
fn requests_behind_a_file_are_answered_behind_it() {
    let folder = Folder::new("behind");
    let octets: Vec<u8> = (0..3_000_000u32).map(|at| (at % 249) as u8).collect();
    let server = serving(folder.file(&octets), &[]);
    let mut client = Client::new(&server);
    for _ in 0..2 {
        client.ask("/");
        client.ask("/file");
        client.send("GET /file HTTP/1.1\r\nHost: a\r\nRange: bytes=1-3\r\n\r\n");
        client.ask("/");
    }
    for _ in 0..2 {
        assert_eq!(client.reply().text(), "hello");
        assert!(client.reply().body == octets);
        let part = client.reply();
        assert_eq!((part.status, &part.body[..]), (206, &octets[1..4]));
        assert_eq!(client.reply().text(), "hello");
    }
    assert_eq!(server.stats().requests_handled, 8);
}

#[test]
fn a_client_that_does_not_read_holds_up_nobody_and_is_closed_in_time() {
    let folder = Folder::new("slow");
    let path = folder.file(b"");
    File::options().write(true).open(&path).unwrap().set_len(1 << 30).unwrap();
    let server = serving(path, &[("workers", "1"), ("write_timeout", "100ms")]);
    let mut slow = Client::new(&server);
    slow.ask("/file");
    wait_until("writing", || server.stats().connections_writing == 1);
    assert_eq!(Client::new(&server).get("/").text(), "hello");
    wait_until("closed", || server.stats().timeouts_write == 1);
}

#[test]
fn a_fast_client_of_a_huge_file_holds_up_nobody() {
    let folder = Folder::new("fast");
    let path = folder.file(b"");
    File::options().write(true).open(&path).unwrap().set_len(1 << 30).unwrap();
    let server = serving(path, &[("workers", "1")]);
    let mut stream = tcp(&server.address(0).unwrap());
    stream.write_all(b"GET /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let reader = std::thread::spawn(move || std::io::copy(&mut stream, &mut std::io::sink()));
    let mut client = Client::new(&server);
    for _ in 0..50 {
        assert_eq!(client.get("/").text(), "hello");
    }
    assert!(reader.join().unwrap().unwrap() > 1 << 30);
}
