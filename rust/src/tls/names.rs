//! For which names a certificate is made when one is asked for.

use std::net::IpAddr;
use x509_parser::prelude::GeneralName;

/// Who a certificate is for; its text is its place in the caches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// A registrable domain and everything one label below it.
    Domain(Box<str>),
    /// This name alone.
    Name(Box<str>),
    /// An address that was come to without a name.
    Address(IpAddr),
}

impl Subject {
    /// The subject of a certificate that is good for `name`, which is lower-case. One certificate
    /// serves a registrable domain and its direct children, as far as a wildcard reaches (RFC 9525
    /// section 6.3); what stands deeper, and what is no domain by the public-suffix list, has one of
    /// its own.
    pub(crate) fn of(name: &str) -> Subject {
        let name = name.strip_suffix('.').unwrap_or(name);
        let domain = psl::domain_str(name).filter(|domain| {
            let child = name.strip_suffix(domain).and_then(|below| below.strip_suffix('.'));
            *domain == name || child.is_some_and(|label| !label.contains('.'))
        });
        match domain {
            Some(domain) => Subject::Domain(domain.into()),
            None => Subject::Name(name.into()),
        }
    }

    /// The subject whose certificate has just these alternative names; `None` where nobody's has.
    pub(super) fn named(names: &[GeneralName<'_>]) -> Option<Subject> {
        match names {
            [GeneralName::DNSName(one)] => Some(Subject::Name((*one).into())),
            [GeneralName::DNSName(domain), GeneralName::DNSName(all)]
                if all.strip_prefix("*.") == Some(domain) =>
            {
                Some(Subject::Domain((*domain).into()))
            }
            [GeneralName::IPAddress(octets)] => match **octets {
                [a, b, c, d] => Some(Subject::Address([a, b, c, d].into())),
                ref six => Some(Subject::Address(<[u8; 16]>::try_from(six).ok()?.into())),
            },
            _ => None,
        }
    }

    /// The names that its certificate is good for; an address has none.
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Subject::Domain(domain) => vec![domain.to_string(), format!("*.{domain}")],
            Subject::Name(name) => vec![name.to_string()],
            Subject::Address(_) => Vec::new(),
        }
    }

    /// What it is called in a certificate's subject and in a file.
    pub(crate) fn title(&self) -> String {
        match self {
            Subject::Domain(name) | Subject::Name(name) => name.to_string(),
            Subject::Address(address) => address.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registrable_domain_and_its_children_share_a_certificate() {
        let domain = |name: &str| Subject::Domain(name.into());
        for (name, expected) in [
            ("example.com", "example.com"),
            ("ads.example.com", "example.com"),
            ("example.co.uk", "example.co.uk"),
            ("a.example.co.uk", "example.co.uk"),
            ("a.example.com.", "example.com"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("me.github.io", "me.github.io"),
            ("a_b.example.com", "example.com"),
        ] {
            assert_eq!(Subject::of(name), domain(expected), "{name}");
        }
        assert_eq!(domain("example.com").names(), ["example.com", "*.example.com"]);
    }

    #[test]
    fn what_a_wildcard_does_not_reach_has_its_own() {
        for name in
            ["a.b.example.com", "com", "co.uk", "github.io", "localhost", "a.b.me.github.io"]
        {
            assert_eq!(Subject::of(name), Subject::Name(name.into()), "{name}");
        }
        assert_eq!(Subject::of("a.b.example.com").names(), ["a.b.example.com"]);
    }

    #[test]
    fn a_wildcard_never_covers_a_public_suffix() {
        for name in ["com", "a.com", "co.uk", "a.co.uk", "github.io", "b.github.io", "a.b.ck"] {
            for name in Subject::of(name).names() {
                assert!(!["*.com", "*.co.uk", "*.github.io", "*.ck", "*.b.ck"].contains(&&*name));
            }
        }
    }
}
