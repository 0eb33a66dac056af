//! The Allow line: which methods a path is served for (RFC 9110 section 10.2.1).

use super::route::Methods;
use crate::http::Method;
use crate::responder::lines::Lines;

/// Room for the line; methods outside the list beyond it are left out.
pub(super) type Line = Lines<512>;

/// The methods of a default answer, and of a route for any method.
pub(in crate::responder) const COMMON: &str = "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH";

const NAMES: [(Method, &str); 7] = [
    (Method::Get, "GET"),
    (Method::Head, "HEAD"),
    (Method::Post, "POST"),
    (Method::Put, "PUT"),
    (Method::Delete, "DELETE"),
    // Always served: if no route does, by a 204 with this line.
    (Method::Options, "OPTIONS"),
    (Method::Patch, "PATCH"),
];

/// Collects the methods of the routes that match a path.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Allow {
    any: bool,
    /// A bit for each row of `NAMES`.
    listed: u8,
    /// Methods outside the list.
    named: bool,
}

impl Allow {
    pub(super) fn is_empty(&self) -> bool {
        !self.any && self.listed == 0 && !self.named
    }

    pub(super) fn add(&mut self, methods: &Methods) {
        match methods {
            Methods::Any => self.any = true,
            Methods::One(Method::Get) => self.listed |= bit(Method::Get) | bit(Method::Head),
            Methods::One(method) => self.listed |= bit(*method),
            Methods::Named(_) => self.named = true,
        }
    }

    /// The line; `routes` are the methods of the same routes again, for the names outside the
    /// list. Where nothing was collected: what the default answers serve.
    pub(super) fn line<'m>(&self, routes: impl Iterator<Item = &'m Methods>) -> Line {
        let mut line = Line::new();
        if self.is_empty() {
            line.field("Allow", COMMON.as_bytes());
            return line;
        }
        let any = if self.any { u8::MAX } else { 0 };
        let listed = self.listed | any | bit(Method::Options);
        let known = NAMES.iter().filter(|(m, _)| listed & bit(*m) != 0).map(|(_, name)| *name);
        let named = routes.filter_map(|methods| match methods {
            Methods::Named(name) => Some(&**name),
            _ => None,
        });
        let parts = known.chain(named).enumerate().flat_map(|(i, name)| {
            let comma: &[u8] = if i == 0 { b"" } else { b", " };
            [comma, name.as_bytes()]
        });
        if !line.add("Allow", parts) {
            line.field("Allow", COMMON.as_bytes());
        }
        line
    }
}

/// The bit of `method` in `Allow::listed`; none for methods that are no row.
fn bit(method: Method) -> u8 {
    NAMES.iter().position(|(m, _)| *m == method).map_or(0, |row| 1 << row)
}
