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
    /// By number, whose connections begin with a PROXY header; nothing where no one's do.
    proxied: Arc<[bool]>,
    /// What was asked for, which is not the address where the kernel picked a port.
    asked: Vec<String>,
}

/// Listeners dealt out to those who accept from them.
pub(super) struct Shares {
    /// For the supervisor, who deals connections to workers.
    pub(super) supervisor: Sockets,
    /// For each worker, who keeps what it accepts.
    pub(super) workers: Vec<Sockets>,
    /// What each of them speaks, by its number.
    pub(super) layers: Arc<[Layer]>,
    /// By number, whose connections begin with a PROXY header; nothing where no one's do.
    pub(super) proxied: Arc<[bool]>,
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
        Ok(self.add(sockets, address.to_string()))
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
        Ok(self.add(vec![listener], address.to_string()))
    }

    /// Takes over a listening socket; returns its number.
    pub(super) fn adopt(&mut self, fd: OwnedFd) -> Result<u32> {
        let listener = Listener::adopt(fd, self.next_number()?)?;
        let address = listener.address().to_owned();
        Ok(self.add(vec![listener], address))
    }

    /// Forgets all listeners from `number` on.
    pub(super) fn truncate(&mut self, number: usize) {
        self.open.truncate(number);
        self.addresses.truncate(number);
        self.layers.truncate(number);
        self.asked.truncate(number);
    }

    /// Has the connections of those `named`, which may be `all`, begin with a PROXY header.
    pub(super) fn expect_headers(&mut self, named: &[String]) -> Result<()> {
        let is = |name: &String, at: usize| *name == self.asked[at] || *name == self.addresses[at];
        let all = named.iter().any(|name| name == "all");
        let known = |name: &&String| *name == "all" || (0..self.len()).any(|at| is(name, at));
        if let Some(unknown) = named.iter().find(|name| !known(name)) {
            let there = self.addresses.join(", ");
            let text =
                format!("proxy_protocol: expected addresses of listeners ({there}), got {unknown}");
            return Err(Error::new(ErrorCode::Config, text));
        }
        if !named.is_empty() {
            let one = |at| all || named.iter().any(|name| is(name, at));
            self.proxied = (0..self.len()).map(one).collect();
        }
        Ok(())
    }

    /// Gives the sockets out to those who accept from them.
    pub(super) fn deal(&mut self, workers: usize) -> Shares {
        let mut shares = Shares {
            supervisor: Vec::new(),
            workers: vec![Vec::new(); workers],
            layers: self.layers.as_slice().into(),
            proxied: self.proxied.clone(),
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

    fn add(&mut self, sockets: Vec<Listener>, asked: String) -> u32 {
        self.asked.push(asked);
        self.addresses.push(sockets[0].address().to_owned());
        self.layers.push(sockets[0].layer());
        self.open.push(sockets.into_iter().map(Arc::new).collect());
        (self.addresses.len() - 1) as u32
    }
}
