//! A request as a handler sees it.

use super::Params;
use crate::clients::Peer;
use crate::http::{Field, Head, Method, Version};
use std::os::fd::BorrowedFd;
use std::sync::OnceLock;

/// What is known of a client that speaks TLS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secured<'c> {
    /// The certificate that it has shown, in DER.
    pub(crate) certificate: &'c OnceLock<Box<[u8]>>,
}

/// A whole request; valid while the handler runs.
#[derive(Debug)]
pub struct Request<'r> {
    pub(crate) head: &'r Head<'r, 'r>,
    pub(crate) body: &'r [u8],
    pub(crate) params: Params<'r>,
    pub(crate) peer: Peer<'r>,
    pub(crate) listener: u16,
    pub(crate) secured: Option<Secured<'r>>,
    /// Routes that take bodies as they arrive were asked when the head was there.
    pub(crate) offered: bool,
}

impl<'r> Request<'r> {
    pub(crate) fn new(head: &'r Head<'r, 'r>, body: &'r [u8], peer: Peer<'r>) -> Self {
        let params = Params::default();
        Request { head, body, params, peer, listener: 0, secured: None, offered: false }
    }

    /// The method, classified.
    pub fn method(&self) -> Method {
        self.head.method
    }

    /// The method as sent.
    pub fn method_name(&self) -> &'r str {
        self.head.method_name
    }

    /// The request target as sent.
    pub fn target(&self) -> &'r str {
        self.head.target
    }

    /// The path, not percent-decoded.
    pub fn path(&self) -> &'r str {
        self.head.path
    }

    /// The query without its `?`, not decoded; `None` where there is no `?`.
    pub fn query(&self) -> Option<&'r str> {
        self.head.query
    }

    /// The version of the request.
    pub fn version(&self) -> Version {
        self.head.version
    }

    /// The host asked for, with its port if one was sent.
    pub fn host(&self) -> Option<&'r str> {
        self.head.host
    }

    /// The first value of the field `name`, compared without case.
    pub fn header(&self, name: &str) -> Option<&'r [u8]> {
        self.head.field(name)
    }

    /// All field lines in the order in which they came.
    pub fn headers(&self) -> &'r [Field<'r>] {
        self.head.fields
    }

    /// The body, whole and decoded.
    pub fn body(&self) -> &'r [u8] {
        self.body
    }

    /// What the route's pattern took from the path as `name`, not percent-decoded.
    pub fn param(&self, name: &str) -> Option<&'r str> {
        self.params.get(name)
    }

    /// All that the route's pattern took from the path.
    pub fn params(&self) -> &Params<'r> {
        &self.params
    }

    /// The number of the listener that accepted the connection, as [`crate::Server::listen`]
    /// returned it.
    pub fn listener(&self) -> u32 {
        self.listener.into()
    }

    /// The socket of the client, which knows its address; `None` where [`Request::named_peer`]
    /// does, or the request did not come over one.
    pub fn socket(&self) -> Option<BorrowedFd<'r>> {
        match self.peer {
            Peer::Socket(socket) => Some(socket),
            Peer::Known(_) | Peer::Nobody => None,
        }
    }

    /// The certificate that the client has shown over TLS (option `client_ca`), in DER; it was found
    /// good. [`crate::certificates::ClientIdentity`] says who that is.
    pub fn client_certificate(&self) -> Option<&'r [u8]> {
        self.secured?.certificate.get().map(|der| &**der)
    }

    /// Whether it came over TLS.
    pub fn is_secured(&self) -> bool {
        self.secured.is_some()
    }

    /// The client's address where a trusted proxy named it (option `proxy_protocol`).
    pub fn named_peer(&self) -> Option<String> {
        match self.peer {
            Peer::Known(_) => self.peer.text(),
            Peer::Socket(_) | Peer::Nobody => None,
        }
    }

    /// The client's address: `127.0.0.1:4711`, `[::1]:4711`, `unix:`. It is the one that a trusted
    /// proxy named, else that of the socket, which is asked now.
    pub fn peer(&self) -> Option<String> {
        self.peer.text()
    }
}

/// The address at the other end of `socket`, as [`Request::peer`] gives it; `None` if the other end
/// has left.
pub fn peer_of(socket: BorrowedFd<'_>) -> Option<String> {
    Peer::Socket(socket).text()
}
