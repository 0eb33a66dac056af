//! Certificates and sessions of TLS.

use super::{Group, KIB, OptionRow, integer, row};
use crate::config::kind::Kind;
use crate::config::settings::TlsVersion;
use crate::config::values::Value;

pub(super) const ROWS: &[OptionRow] = &[
    row(
        "ca_dir",
        Group::Tls,
        Kind::Path,
        "",
        "Folder with ca.crt and ca.key: the CA that certificates are made with, for each name when it is \
         asked for first.",
        |s, v| s.ca_dir = (*v != Value::Unset).then(|| v.text().into()),
    ),
    row(
        "certificates",
        Group::Tls,
        Kind::Paths,
        "",
        "PEM files of certificates with their keys (in the file, or beside it as NAME.key), or folders of \
         them; they stand before those that are made.",
        |s, v| s.certificates = v.list().iter().map(Into::into).collect(),
    ),
    row(
        "certificate_cache",
        Group::Tls,
        integer(1, 10_000_000),
        "10000",
        "Certificates made that are remembered, those used last.",
        |s, v| s.certificate_cache = v.integer(),
    ),
    row(
        "certificate_dir",
        Group::Tls,
        Kind::Path,
        "",
        "Folder in which certificates that were made, and their keys, are kept across restarts; made where \
         it is not there.",
        |s, v| s.certificate_dir = (*v != Value::Unset).then(|| v.text().into()),
    ),
    row(
        "client_ca",
        Group::Tls,
        Kind::Path,
        "",
        "PEM file of CAs: clients are asked for a certificate that one of them has signed.",
        |s, v| s.client_ca = (*v != Value::Unset).then(|| v.text().into()),
    ),
    row(
        "client_certificate_required",
        Group::Tls,
        Kind::Switch,
        "on",
        "Whether a client without certificate is turned away where client_ca is set.",
        |s, v| s.client_certificate_required = v.switch(),
    ),
    row(
        "tls_min_version",
        Group::Tls,
        Kind::Choice(&[TlsVersion::Tls12.name(), TlsVersion::Tls13.name()]),
        TlsVersion::Tls12.name(),
        "The oldest version of TLS that is spoken.",
        |s, v| s.tls_min_version = TlsVersion::from_name(v.text()),
    ),
    row(
        "ticket_keys",
        Group::Tls,
        Kind::Path,
        "",
        "File of session ticket keys, 48 octets each, the first one for new tickets: servers with the same \
         file resume for each other.",
        |s, v| s.ticket_keys = (*v != Value::Unset).then(|| v.text().into()),
    ),
    row(
        "tls_early_data",
        Group::Tls,
        Kind::Size { min: 0, max: 64 * KIB },
        "0",
        "Octets of early data (0-RTT) that a client may send with a session that it takes up, for safe \
         methods only; 0 is none.",
        |s, v| s.tls_early_data = v.integer(),
    ),
];
