//! What the programs have in common: `NAME PORT FILE`.

use bytes::Bytes;

/// The port, and the body that every request gets.
pub fn arguments() -> (u16, Bytes) {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().and_then(|port| port.parse().ok()).expect("usage: NAME PORT FILE");
    let file = arguments.next().expect("usage: NAME PORT FILE");
    (port, std::fs::read(file).expect("a readable FILE").into())
}
