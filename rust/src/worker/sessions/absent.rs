//! What stands for TLS sessions in a build without the feature `tls`.

use super::http2::Http2;
use super::transport::Plain;
use super::turn::{Fate, Start};
use crate::connection::{Buffers, Context, Layer, Machine};
use crate::tls::{LeafInUse, Tls};
use std::os::fd::OwnedFd;

/// None, for no listener can ask for one.
pub(in crate::worker) struct Sessions;

impl Sessions {
    pub(in crate::worker) fn new(_: Option<Tls>) -> Self {
        Sessions
    }

    pub(in crate::worker) fn serve(&mut self, _: u32, _: Option<LeafInUse>) {}

    pub(in crate::worker) fn remove(&mut self, _: u32, _: &mut Buffers) {}

    pub(in crate::worker) fn give_back(&mut self) {}

    pub(in crate::worker) fn run(
        &mut self,
        (socket, machine, layer): (&OwnedFd, &mut Machine, &mut Layer),
        scratch: &mut [u8],
        cx: Context<'_>,
        start: Start<'_>,
        http2: &mut Http2,
    ) -> Option<Fate> {
        if *layer == Layer::Http2 {
            return http2.run(&mut Plain::new(socket), machine, scratch, cx, start);
        }
        Some(Fate::Close)
    }

    pub(in crate::worker) fn begin(&mut self, _: &mut Machine, _: &mut Layer, _: u32) -> bool {
        false
    }
}
