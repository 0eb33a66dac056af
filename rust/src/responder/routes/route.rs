//! One route: which methods and paths it takes, and what answers.

use super::invalid;
use crate::error::Result;
use crate::http::Method;
use crate::responder::pattern::Pattern;
use crate::responder::response::is_token;
use crate::responder::{Handler, Response};
use std::sync::Arc;

/// A route or a rule.
pub(super) struct Route {
    pub(super) methods: Methods,
    pub(super) pattern: Pattern,
    pub(super) target: Target,
}

/// What answers.
pub(super) enum Target {
    Rule(Response),
    Handler(Arc<dyn Handler>),
    /// Called when the head is there, for bodies of at most so many octets; 0 is `max_body`.
    Upload(Arc<dyn Handler>, u64),
}

/// The methods that a route takes.
#[derive(Debug)]
pub(in crate::responder) enum Methods {
    /// Every one of the list, except CONNECT and TRACE.
    Any,
    /// One of the list; GET takes HEAD too.
    One(Method),
    /// One outside the list.
    Named(Box<str>),
}

impl Route {
    pub(super) fn new(method: Option<&str>, pattern: &str, target: Target) -> Result<Route> {
        let methods = method.map_or(Ok(Methods::Any), Methods::parse)?;
        Ok(Route { methods, pattern: Pattern::parse(pattern)?, target })
    }
}

impl Methods {
    pub(in crate::responder) fn parse(name: &str) -> Result<Methods> {
        if !is_token(name.as_bytes()) {
            return Err(invalid(format!("method {name:?}: expected a token such as GET")));
        }
        match Method::from_name(name) {
            Method::Connect => Err(invalid(format!(
                "method {name:?}: expected another one, this server is no proxy and refuses it"
            ))),
            Method::Trace => Err(invalid(format!(
                "method {name:?}: expected another one, this server reflects nothing and refuses it"
            ))),
            Method::Other => {
                let upper = name.to_ascii_uppercase();
                if Method::from_name(&upper) != Method::Other {
                    return Err(invalid(format!(
                        "method {name:?}: expected {upper:?}, methods are case-sensitive"
                    )));
                }
                Ok(Methods::Named(name.into()))
            }
            method => Ok(Methods::One(method)),
        }
    }

    /// Whether every method that `other` takes is taken.
    pub(in crate::responder) fn cover(&self, other: &Methods) -> bool {
        match other {
            Methods::Any => matches!(self, Methods::Any),
            Methods::One(method) => self.take(*method, ""),
            Methods::Named(name) => self.take(Method::Other, name),
        }
    }

    /// Whether a request with this method is taken.
    pub(in crate::responder) fn take(&self, method: Method, name: &str) -> bool {
        match self {
            Methods::Any => !matches!(method, Method::Other | Method::Connect | Method::Trace),
            Methods::One(Method::Get) => matches!(method, Method::Get | Method::Head),
            Methods::One(one) => *one == method,
            Methods::Named(one) => method == Method::Other && **one == *name,
        }
    }
}
