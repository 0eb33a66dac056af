//! A stream of a gigabyte to a client that reads slowly: memory stays under the marks. Alone in its
//! program, because it measures the program.

mod promise;

use http_responder::ErrorCode;
use promise::*;
use std::io::{Read, Write};
use std::time::Duration;

const TOTAL: u64 = 1 << 30;

/// Resident memory of this process.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("statm");
    let pages: u64 = statm.split(' ').nth(1).expect("resident").parse().expect("pages");
    pages * 4096
}

#[test]
fn a_gigabyte_for_a_slow_client_takes_no_more_memory_than_the_marks_allow() {
    let server = built(&[]);
    let deferred = route_deferred(&server, "/stream");
    server.start().unwrap();
    let mut client = tcp(&server.address(0).unwrap());
    client.write_all(b"GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let writer = deferred.recv_timeout(PATIENCE).unwrap().stream(&ok(""), Some(TOTAL)).unwrap();
    let mut octets = vec![0; 1 << 20];
    let piece = vec![b'x'; 64 << 10];
    let before = resident();
    let reader = std::thread::spawn(move || {
        let (mut received, mut rests) = (0, 0);
        loop {
            match client.read(&mut octets).expect("receive") {
                0 => return received,
                count => received += count as u64,
            }
            // Ever and again it does something else for a while.
            if received / (16 << 20) > rests {
                rests += 1;
                std::thread::park_timeout(Duration::from_millis(5));
            }
        }
    });
    let (mut sent, mut most, mut waits) = (0, 0, 0);
    while sent < TOTAL {
        match writer.send(&piece) {
            Ok(()) => sent += piece.len() as u64,
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::Again);
                most = most.max(resident());
                waits += 1;
                writer.wait(Some(PATIENCE)).unwrap();
            }
        }
    }
    writer.finish().unwrap();
    assert!(reader.join().unwrap() > TOTAL);
    assert!(waits > 100, "the client was not slow: {waits}");
    // Two buffers up to the mark and a piece, each with room to grow; and the threads' own.
    let grown = most.saturating_sub(before);
    assert!(grown < 4 << 20, "{grown} octets for a mark of 256 KiB");
}
