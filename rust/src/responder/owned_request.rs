//! A request that outlives its handler.

use super::Request;
use crate::http::{Method, Version};

/// A copy of a [`Request`] that belongs to whoever has it, for any thread.
#[derive(Clone, Debug)]
pub struct OwnedRequest {
    method: Method,
    method_name: Box<str>,
    target: Box<str>,
    path: Box<str>,
    query: Option<Box<str>>,
    version: Version,
    host: Option<Box<str>>,
    headers: Vec<(Box<str>, Box<[u8]>)>,
    body: Box<[u8]>,
    params: Vec<(Box<str>, Box<str>)>,
    listener: u32,
    peer: Option<Box<str>>,
    certificate: Option<Box<[u8]>>,
    is_secured: bool,
}

impl Request<'_> {
    /// A copy that outlives the handler, body and client's address included.
    pub fn keep(&self) -> OwnedRequest {
        let field = |field: &crate::http::Field<'_>| (field.name.into(), field.value.into());
        OwnedRequest {
            method: self.method(),
            method_name: self.method_name().into(),
            target: self.target().into(),
            path: self.path().into(),
            query: self.query().map(Into::into),
            version: self.version(),
            host: self.host().map(Into::into),
            headers: self.headers().iter().map(field).collect(),
            body: self.body().into(),
            params: self.params().iter().map(|(name, value)| (name.into(), value.into())).collect(),
            listener: self.listener(),
            peer: self.peer().map(Into::into),
            certificate: self.client_certificate().map(Into::into),
            is_secured: self.is_secured(),
        }
    }
}

impl OwnedRequest {
    /// As [`Request::method`].
    pub fn method(&self) -> Method {
        self.method
    }

    /// As [`Request::method_name`].
    pub fn method_name(&self) -> &str {
        &self.method_name
    }

    /// As [`Request::target`].
    pub fn target(&self) -> &str {
        &self.target
    }

    /// As [`Request::path`].
    pub fn path(&self) -> &str {
        &self.path
    }

    /// As [`Request::query`].
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// As [`Request::version`].
    pub fn version(&self) -> Version {
        self.version
    }

    /// As [`Request::host`].
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// As [`Request::header`].
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All field lines, name and value, in the order in which they came.
    pub fn headers(&self) -> impl ExactSizeIterator<Item = (&str, &[u8])> {
        self.headers.iter().map(|(name, value)| (&**name, &**value))
    }

    /// As [`Request::body`].
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// As [`Request::param`].
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(found, _)| **found == *name).map(|(_, value)| &**value)
    }

    /// As [`Request::listener`].
    pub fn listener(&self) -> u32 {
        self.listener
    }

    /// As [`Request::client_certificate`].
    pub fn client_certificate(&self) -> Option<&[u8]> {
        self.certificate.as_deref()
    }

    /// As [`Request::is_secured`].
    pub fn is_secured(&self) -> bool {
        self.is_secured
    }

    /// The client's address when the copy was made; see [`Request::peer`].
    pub fn peer(&self) -> Option<&str> {
        self.peer.as_deref()
    }
}
