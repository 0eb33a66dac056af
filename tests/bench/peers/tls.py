"""Servers that speak TLS 1.3 with a P-256 certificate, and tickets, and those that speak HTTP/2; ours first."""

import subprocess
from pathlib import Path

from . import BINARY, OURS, Peer, _h2o, _nginx, _our_version, _package_version, pixelserv


def _ours(port: int, folder: Path) -> list[str]:
    ca = folder / "ca"
    if not ca.exists():
        subprocess.run([BINARY, "ca", "init", "--dir", ca], check=True, capture_output=True)
    words = ["--tls-port", str(port), "--ca-dir", str(ca)]
    return [str(BINARY), "0", "127.0.0.1", "-w", "1", "--max-connections", "17000", *words]


def _with_rsa(port: int, folder: Path) -> list[str]:
    """With a CA as routers have it, whose signatures take long."""
    ca = folder / "ca"
    ca.mkdir(exist_ok=True)
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=an RSA CA"]
    words += ["-addext", "basicConstraints=critical,CA:TRUE", "-keyout", ca / "ca.key", "-out", ca / "ca.crt"]
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
    return _ours(port, folder)


def site_certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "site.crt", folder / "site.key"
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
    words += ["-subj", "/CN=ads.example.com", "-addext", "subjectAltName=DNS:ads.example.com", "-keyout", key, "-out", certificate]
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
    return certificate, key


def _nginx_tls(port: int, folder: Path, listen: str = "ssl") -> list[str]:
    certificate, key = site_certificate(folder)
    more = f"ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3; ssl_session_tickets on;"
    return _nginx(port, folder, listen, more)


def _h2o_tls(port: int, folder: Path) -> list[str]:
    certificate, key = site_certificate(folder)
    return _h2o(port, folder, f"  ssl:\n    certificate-file: {certificate}\n    key-file: {key}\n")


def _nginx_version() -> str:
    return _package_version("nginx-light")


OURS_TLS = Peer("http_responder (TLS)", _ours, _our_version)
OURS_KNOWN = Peer("http_responder, known names (TLS)", _ours, _our_version, asks="full")
OURS_RSA = Peer("http_responder, RSA CA (TLS)", _with_rsa, _our_version)
NGINX_TLS = Peer("nginx (TLS)", _nginx_tls, _nginx_version, "nginx-light")
PIXELSERV_TLS = Peer(
    "pixelserv-tls (TLS)", lambda port, folder: pixelserv(port, folder, tls=True), lambda: "", most_connections=1000, fails_first=True
)
"""It allows itself 1,250 descriptors before it reads its options."""

HTTP2 = [
    OURS,
    Peer("nginx", lambda port, folder: _nginx(port, folder, "http2"), _nginx_version, "nginx-light"),
    Peer("h2o", _h2o, lambda: _package_version("h2o"), "h2o"),
]
HTTP2_TLS = [
    OURS_TLS,
    Peer("nginx (TLS)", lambda port, folder: _nginx_tls(port, folder, "ssl http2"), _nginx_version, "nginx-light"),
    Peer("h2o (TLS)", _h2o_tls, lambda: _package_version("h2o"), "h2o"),
]
