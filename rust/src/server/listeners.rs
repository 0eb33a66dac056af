//! The listeners of one server, numbered as they were added.

use crate::acceptor::{Access, Address, Listener};
use crate::config::{AcceptMode, Settings};
use crate::connection::Layer;
use crate::error::{Error, ErrorCode, Result};
use crate::worker::MAX_LISTENERS;
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// One address: one socket, or one for each worker where `accept` is `reuseport`.
type Sockets = Vec<Arc<Listener>>;

/// All listeners of a server. Their addresses stay known after they are closed.
#[derive(Debug, Default)]
pub(super) struct Listeners {
    open: Vec<Sockets>,
    addresses: Vec<String>,
    layers: Vec<Layer>,
}

/// Listeners dealt out to those who accept from them.
pub(super) struct Shares {
    /// For the supervisor, who deals connections to workers.
    pub(super) supervisor: Sockets,
    /// For each worker, who keeps what it accepts.
    pub(super) workers: Vec<Sockets>,
    /// What each of them speaks, by its number.
    pub(super) layers: Arc<[Layer]>,
}

impl Listeners {
    pub(super) fn len(&self) -> usize {
        self.addresses.len()
    }

    pub(super) fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// What each of them speaks.
    pub(super) fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Binds `address`; returns its number.
    pub(super) fn bind(
        &mut self,
        address: &Address,
        layer: Layer,
        settings: &Settings,
    ) -> Result<u32> {
        let number = (self.next_number()?, layer);
        let each_worker = settings.accept == AcceptMode::Reuseport;
        let shared = each_worker || settings.reuse_port;
        let mut sockets = vec![Listener::bind(address, number, shared, settings)?];
        if let (true, Some(bound)) = (each_worker, sockets[0].inet()) {
            // The port may have been picked by the kernel: the others share it.
            let same = Address::Inet(bound);
            for _ in 1..settings.workers {
                sockets.push(Listener::bind(&same, number, true, settings)?);
            }
        }
        Ok(self.add(sockets))
    }

    /// Binds `address` for those of `access` alone; returns its number.
    pub(super) fn bind_private(
        &mut self,
        address: &Address,
        access: Access,
        settings: &Settings,
    ) -> Result<u32> {
        let number = self.next_number()?;
        let listener = Listener::bind_private(address, number, access, settings)?;
        Ok(self.add(vec![listener]))
    }

    /// Takes over a listening socket; returns its number.
    pub(super) fn adopt(&mut self, fd: OwnedFd) -> Result<u32> {
        let listener = Listener::adopt(fd, self.next_number()?)?;
        Ok(self.add(vec![listener]))
    }

    /// Forgets all listeners from `number` on.
    pub(super) fn truncate(&mut self, number: usize) {
        self.open.truncate(number);
        self.addresses.truncate(number);
        self.layers.truncate(number);
    }

    /// Gives the sockets out to those who accept from them.
    pub(super) fn deal(&mut self, workers: usize) -> Shares {
        let mut shares = Shares {
            supervisor: Vec::new(),
            workers: vec![Vec::new(); workers],
            layers: self.layers.as_slice().into(),
        };
        for sockets in self.open.drain(..) {
            // With one worker there is nothing to deal: it accepts itself.
            if sockets.len() == workers {
                shares.workers.iter_mut().zip(sockets).for_each(|(share, one)| share.push(one));
            } else {
                shares.supervisor.extend(sockets);
            }
        }
        shares
    }

    fn next_number(&self) -> Result<u16> {
        if self.len() == MAX_LISTENERS {
            let text = format!("listeners: expected at most {MAX_LISTENERS}");
            return Err(Error::new(ErrorCode::InvalidArgument, text));
        }
        Ok(self.len() as u16)
    }

    fn add(&mut self, sockets: Vec<Listener>) -> u32 {
        self.addresses.push(sockets[0].address().to_owned());
        self.layers.push(sockets[0].layer());
        self.open.push(sockets.into_iter().map(Arc::new).collect());
        (self.addresses.len() - 1) as u32
    }
}
