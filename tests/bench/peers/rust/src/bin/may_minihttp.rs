//! may_minihttp on one of may's workers.

use bytes::Bytes;
use may_minihttp::{HttpService, HttpServiceFactory, Request, Response};
use std::io;

struct Answers(Bytes);

impl HttpService for Answers {
    fn call(&mut self, _: Request, response: &mut Response) -> io::Result<()> {
        response.header("Content-Type: image/gif").body_vec(self.0.to_vec());
        Ok(())
    }
}

impl HttpServiceFactory for Answers {
    type Service = Answers;

    fn new_service(&self, _: usize) -> Answers {
        Answers(self.0.clone())
    }
}

fn main() -> io::Result<()> {
    let (port, body) = bench_peers::arguments();
    may::config().set_workers(1);
    let server = Answers(body).start(("127.0.0.1", port))?;
    server.join().map_err(|_| io::Error::other("the server panicked"))
}
