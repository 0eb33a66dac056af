//! What is answered: routes, rules, prepared responses, handlers, the default answers by type.

pub mod deferred;
pub mod exchange;
pub mod handler;
pub mod misconduct;
pub mod request;
pub mod response;
pub mod stream;
pub mod upload;

pub(crate) mod conditional;
mod defaults;
mod file;
mod hash;
mod lines;
mod owned_request;
pub(crate) mod pages;
mod pattern;
mod routes;
pub(crate) mod rules;
pub(crate) mod source;
#[cfg(test)]
mod testing;
pub(crate) mod treatment;

pub(crate) use defaults::extension;
pub use deferred::{Deferred, Resumer};
pub use exchange::Exchange;
pub use handler::{Action, Handler};
pub use misconduct::{Conduct, Misconduct};
pub use owned_request::OwnedRequest;
pub use pattern::Params;
pub use request::Request;
pub(crate) use request::Secured;
pub use response::{Response, ResponseBuilder};
pub use routes::Responder;
pub(crate) use routes::Version;
pub use rules::Mistake;
pub use rules::fault::{Fault, Manner};
pub use stream::Writer;
pub use upload::{Pace, Upload};
