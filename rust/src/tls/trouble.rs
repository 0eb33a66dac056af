//! What goes wrong with TLS, and how it is counted.

use crate::stats::Cells;
use rustls::{AlertDescription, Error};
use std::fmt;

/// Why a session has ended before its time.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// The client has sent this alert.
    Alert(AlertDescription),
    /// There is no certificate for the name that it asked for.
    NoCertificate,
    /// The client does not keep to the protocol, or offers nothing that is served.
    Protocol(Error),
    /// As before, where it could not be told.
    Unsaid(Error),
    /// A message without end.
    TooMuch,
    /// An alert that was asked for.
    Planned,
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::AlertReceived(alert) => Trouble::Alert(alert),
            Error::General(text) if text == NO_CERTIFICATE => Trouble::NoCertificate,
            other => Trouble::Protocol(other),
        }
    }
}

/// What rustls says where the resolver has nothing.
const NO_CERTIFICATE: &str = "no server certificate chain resolved";

impl Trouble {
    pub(crate) fn count(&self, stats: &Cells) {
        stats.tls_failures.add(1);
        let cell = match self {
            Trouble::Alert(AlertDescription::UnknownCA) => &stats.tls_alerts_unknown_ca,
            Trouble::Alert(AlertDescription::BadCertificate) => &stats.tls_alerts_bad_certificate,
            Trouble::Alert(AlertDescription::CertificateUnknown) => {
                &stats.tls_alerts_certificate_unknown
            }
            Trouble::Alert(_) => &stats.tls_alerts_other,
            Trouble::NoCertificate => {
                stats.tls_names_refused.add(1);
                &stats.tls_alerts_sent
            }
            Trouble::Protocol(_) | Trouble::TooMuch | Trouble::Planned => &stats.tls_alerts_sent,
            Trouble::Unsaid(_) => return,
        };
        cell.add(1);
    }

    /// What the client says that does not like our certificate.
    pub(crate) fn distrust(&self) -> Option<AlertDescription> {
        use AlertDescription as A;
        match self {
            Trouble::Alert(alert @ (A::UnknownCA | A::BadCertificate | A::CertificateUnknown)) => {
                Some(*alert)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Alert(alert) => write!(f, "the client says {alert:?}"),
            Trouble::NoCertificate => f.write_str("no certificate for the name"),
            Trouble::Protocol(error) | Trouble::Unsaid(error) => write!(f, "{error}"),
            Trouble::TooMuch => f.write_str("a handshake message without end"),
            Trouble::Planned => f.write_str("an alert, as was asked for"),
        }
    }
}
