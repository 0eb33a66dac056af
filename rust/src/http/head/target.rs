//! The four forms of a request target (RFC 9112 section 3.2).

use super::host;
use crate::http::{Method, Refusal};

/// A request target taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target<'b> {
    pub(super) path: &'b str,
    pub(super) query: Option<&'b str>,
    /// Of an absolute-form target only.
    pub(super) authority: Option<&'b str>,
}

impl<'b> Target<'b> {
    /// Takes `target` apart as `method` has it.
    ///
    /// # Errors
    /// [`Refusal::RequestLine`] for a target of no form or of a form that `method` does not take.
    #[inline]
    pub(super) fn split(method: Method, target: &'b str) -> Result<Self, Refusal> {
        Target::split_at(method, target, memchr::memchr(b'?', target.as_bytes()))
    }

    /// As [`Target::split`] where it is known how many octets stand before the first question mark.
    #[inline(always)]
    pub(super) fn split_at(
        method: Method,
        target: &'b str,
        question: Option<usize>,
    ) -> Result<Self, Refusal> {
        if target.starts_with('/') && method != Method::Connect {
            return Ok(Target::from_path(target, question, None));
        }
        Target::split_other(method, target)
    }

    #[cold]
    fn split_other(method: Method, target: &'b str) -> Result<Self, Refusal> {
        let alone = Target { path: target, query: None, authority: None };
        match method {
            Method::Connect if host::is_connect_authority(target.as_bytes()) => Ok(alone),
            Method::Connect => Err(Refusal::RequestLine),
            Method::Options if target == "*" => Ok(alone),
            _ => Target::split_absolute(target),
        }
    }

    fn split_absolute(target: &'b str) -> Result<Self, Refusal> {
        let rest = after_scheme(target).ok_or(Refusal::RequestLine)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path_and_query) = rest.split_at(end);
        // Userinfo in a reference from an untrusted source is an error (RFC 9110 section 4.2.4), an
        // empty host invalid (section 4.2.1); neither is an authority here.
        if !host::is_authority(authority.as_bytes()) {
            return Err(Refusal::RequestLine);
        }
        let question = path_and_query.find('?');
        let target = Target::from_path(path_and_query, question, Some(authority));
        Ok(if target.path.starts_with('/') { target } else { Target { path: "/", ..target } })
    }

    #[inline]
    fn from_path(text: &'b str, question: Option<usize>, authority: Option<&'b str>) -> Self {
        match question {
            Some(at) => Target { path: &text[..at], query: Some(&text[at + 1..]), authority },
            None => Target { path: text, query: None, authority },
        }
    }
}

fn after_scheme(target: &str) -> Option<&str> {
    ["http://", "https://"].into_iter().find_map(|scheme| {
        let (start, rest) = target.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(target: &str) -> Result<Target<'_>, Refusal> {
        Target::split(Method::Get, target)
    }

    fn parts<'b>(
        path: &'b str,
        query: Option<&'b str>,
        authority: Option<&'b str>,
    ) -> Result<Target<'b>, Refusal> {
        Ok(Target { path, query, authority })
    }

    #[test]
    fn an_origin_form_target_is_cut_at_its_first_question_mark() {
        assert_eq!(get("/a/b"), parts("/a/b", None, None));
        assert_eq!(get("/a?"), parts("/a", Some(""), None));
        assert_eq!(get("/a?b?c#d"), parts("/a", Some("b?c#d"), None));
        assert_eq!(get("//a"), parts("//a", None, None));
    }

    #[test]
    fn an_absolute_form_target_gives_authority_path_and_query() {
        assert_eq!(get("http://h:81/a?b"), parts("/a", Some("b"), Some("h:81")));
        assert_eq!(get("HTTPS://[::1]"), parts("/", None, Some("[::1]")));
        assert_eq!(get("http://h?b"), parts("/", Some("b"), Some("h")));
        assert_eq!(get("http://h#f"), parts("/", None, Some("h")));
    }

    #[test]
    fn a_target_of_no_form_is_refused() {
        for target in ["foo", "", "?", "*", "h:80", "ftp://h/", "http:/h", "http:///", "http://"] {
            assert_eq!(get(target), Err(Refusal::RequestLine), "{target}");
        }
        for target in ["http://u@h/", "http://u:p@h/", "http://:80/", "http://a,b/", "httpé://a"] {
            assert_eq!(get(target), Err(Refusal::RequestLine), "{target}");
        }
    }

    #[test]
    fn the_asterisk_is_for_options_only() {
        assert_eq!(Target::split(Method::Options, "*"), parts("*", None, None));
        assert_eq!(Target::split(Method::Options, "/x"), parts("/x", None, None));
        assert_eq!(get("*"), Err(Refusal::RequestLine));
    }

    #[test]
    fn connect_takes_host_and_port_and_nothing_else() {
        let connect = |target| Target::split(Method::Connect, target);
        assert_eq!(connect("h:443"), parts("h:443", None, None));
        assert_eq!(connect("[::1]:443"), parts("[::1]:443", None, None));
        for target in ["/", "h", "h:", ":443", "h:0", "h:65536", "http://h:80/", "h:443/"] {
            assert_eq!(connect(target), Err(Refusal::RequestLine), "{target}");
        }
    }
}
