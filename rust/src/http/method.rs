//! Request methods (RFC 9110 section 9, RFC 5789).

/// A request method, classified; methods outside the list are `Other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// GET
    Get,
    /// HEAD
    Head,
    /// POST
    Post,
    /// PUT
    Put,
    /// DELETE
    Delete,
    /// CONNECT
    Connect,
    /// OPTIONS
    Options,
    /// TRACE
    Trace,
    /// PATCH
    Patch,
    /// A valid token that is none of these.
    Other,
}

impl Method {
    /// Classifies `name` (case-sensitive, RFC 9110 section 9.1).
    #[inline]
    pub fn from_name(name: &str) -> Method {
        if name == "GET" { Method::Get } else { Method::from_other_name(name) }
    }

    /// Whether it asks for nothing to be changed (RFC 9110 section 9.2.1).
    pub fn is_safe(self) -> bool {
        matches!(self, Method::Get | Method::Head | Method::Options | Method::Trace)
    }

    fn from_other_name(name: &str) -> Method {
        match name {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            "CONNECT" => Method::Connect,
            "OPTIONS" => Method::Options,
            "TRACE" => Method::Trace,
            "PATCH" => Method::Patch,
            _ => Method::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_methods_of_the_list_are_told_apart() {
        use Method::*;
        let names =
            ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
        let methods = [Get, Head, Post, Put, Delete, Connect, Options, Trace, Patch];
        for (name, method) in names.into_iter().zip(methods) {
            assert_eq!(Method::from_name(name), method);
        }
    }

    #[test]
    fn a_method_name_is_case_sensitive_and_whole() {
        for name in ["get", "Get", "GETS", "GE", "", "PROPFIND", "PRI"] {
            assert_eq!(Method::from_name(name), Method::Other, "{name}");
        }
    }
}
