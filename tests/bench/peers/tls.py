"""Servers that speak TLS 1.3 with a P-256 certificate, and tickets; ours first."""

import subprocess
from pathlib import Path

from . import BINARY, GIF, Peer, _configured, _our_version, _package_version, _tool


def _ours(port: int, folder: Path) -> list[str]:
    ca = folder / "ca"
    if not ca.exists():
        subprocess.run([BINARY, "ca", "init", "--dir", ca], check=True, capture_output=True)
    words = ["--tls-port", str(port), "--ca-dir", str(ca), "--certificate-cache", "1000000"]
    return [str(BINARY), "0", "127.0.0.1", "-w", "1", "--max-connections", "17000", *words]


def _nginx(port: int, folder: Path) -> list[str]:
    certificate, key = folder / "site.crt", folder / "site.key"
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
    words += ["-subj", "/CN=ads.example.com", "-addext", "subjectAltName=DNS:ads.example.com", "-keyout", key, "-out", certificate]
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
    text = f"""daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/pid;
error_log {folder}/error.log crit;
events {{ worker_connections 18000; use epoll; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_tickets on;
    server {{
        listen 127.0.0.1:{port} ssl backlog=4096;
        location / {{ default_type image/gif; return 200 "{"x" * len(GIF)}"; }}
    }}
}}
"""
    return [_tool("nginx", "nginx-light"), "-e", f"{folder}/error.log", "-c", _configured(folder, text)]


OURS_TLS = Peer("http_responder (TLS)", _ours, _our_version)
NGINX_TLS = Peer("nginx (TLS)", _nginx, lambda: _package_version("nginx-light"), "nginx-light")
