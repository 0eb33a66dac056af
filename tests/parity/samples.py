"""Values of options for the tests: each in the natural form of every face."""

import atexit
import pathlib
import subprocess
import tempfile
from dataclasses import dataclass
from typing import Any

import http_responder
from support.paths import BINARY

TABLE = http_responder.options()
NAMES = [row["name"] for row in TABLE]


@dataclass(frozen=True)
class Sample:
    """One value: its text, its natural form in Python, in TOML, and what it becomes."""

    text: str
    python: Any
    toml: str
    canonical: str


RULES = pathlib.Path(__file__).with_name("rules.toml")
CERTIFICATE = pathlib.Path(__file__).with_name("ca.crt")

FILES = tempfile.TemporaryDirectory(prefix="hr_parity_")
atexit.register(FILES.cleanup)
CA = pathlib.Path(FILES.name, "ca")
PEM = pathlib.Path(FILES.name, "site.pem")
subprocess.run([BINARY, "ca", "init", "--dir", CA], check=True, stdout=subprocess.DEVNULL)
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=site.example"]
    + ["-addext", "subjectAltName=DNS:site.example", "-keyout", f"{PEM}.key", "-out", f"{PEM}.crt"],
    check=True,
    capture_output=True,
)
PEM.write_bytes(b"".join(pathlib.Path(f"{PEM}{end}").read_bytes() for end in (".crt", ".key")))

# What an option is not accepted without.
BESIDE = {name: {"ca_dir": CA} for name in ("tls_port", "listen_tls", "listen_auto")}

SIZE = Sample("32K", 32768, "32768", "32k")

BY_KIND = {
    "port": Sample("8080", 8080, "8080", "8080"),
    "text": Sample("name/1.0 (x)", "name/1.0 (x)", '"name/1.0 (x)"', "name/1.0 (x)"),
    "path": Sample(str(RULES), RULES, f'"{RULES}"', str(RULES)),
    "target": Sample("/stats.txt", "/stats.txt", '"/stats.txt"', "/stats.txt"),
    "paths": Sample(f"{RULES},x.pem", [RULES, "x.pem"], f'["{RULES}", "x.pem"]', f"{RULES},x.pem"),
    "log_target": Sample("-", "-", '"-"', "-"),
    "address": Sample("0:0:0:0:0:0:0:1", "0:0:0:0:0:0:0:1", '"0:0:0:0:0:0:0:1"', "::1"),
    "local": Sample("[0::1]:0", "[0::1]:0", '"[0::1]:0"', "[::1]:0"),
    "list": Sample(
        "127.0.0.1:0,[0::1]:0",
        ["127.0.0.1:0", "[0::1]:0"],
        '["127.0.0.1:0", "[0::1]:0"]',
        "127.0.0.1:0,[::1]:0",
    ),
    "listeners": Sample("all", ["all"], '["all"]', "all"),
    "ranges": Sample("10.0.0.0/8, 0::1", ["10.0.0.0/8", "0::1"], '["10.0.0.0/8", "0::1"]', "10.0.0.0/8,::1"),
    "integer": Sample("7", 7, "7", "7"),
    "size": SIZE,
    "duration": Sample("1.5s", 1.5, "1.5", "1500ms"),
}

# Where the value of the kind would contradict the default of another option.
BY_NAME = {
    "max_target": Sample("2k", 2048, "2048", "2k"),
    "max_pending_memory": Sample("2M", 2097152, "2097152", "2m"),
    "stream_high_water": Sample("512k", 524288, "524288", "512k"),
    "client_prefix_ipv4": Sample("24", 24, "24", "24"),
    "client_prefix_ipv6": Sample("48", 48, "48", "48"),
    "client_table": Sample("1M", 1048576, "1048576", "1m"),
    "max_body_memory": Sample("128m", 134217728, "134217728", "128m"),
    "access_log_buffer": Sample("512K", 524288, "524288", "512k"),
    "ca_dir": Sample(str(CA), CA, f'"{CA}"', str(CA)),
    "certificates": Sample(str(PEM), [PEM], f'["{PEM}"]', str(PEM)),
    "ca_certificate": Sample(str(CERTIFICATE), CERTIFICATE, f'"{CERTIFICATE}"', str(CERTIFICATE)),
}


def sample(row: dict[str, Any]) -> Sample:
    """A value that the option takes, other than its default."""
    if row["kind"] == "switch":
        on = row["default"] == "off"
        return Sample("yes" if on else "no", on, str(on).lower(), "on" if on else "off")
    if row["kind"] == "choice":
        choice = next(choice for choice in row["choices"] if choice != row["default"])
        return Sample(choice, choice, f'"{choice}"', choice)
    return BY_NAME.get(row["name"], BY_KIND[row["kind"]])


# Texts that no option of the kind takes.
BAD_TEXTS = {
    "port": ["65536", "-1", "http", "80 ", "0x50"],
    "text": ["a\x01b", " a", "\u00e9", "x" * 300],
    "path": ["a\x01b", "x" * 4096],
    "target": ["stats", "/a?b", "/a b", "/\u00e9", "/" * 257],
    "paths": ["a\x01b", "x" * 4096, "a,,b"],
    "log_target": ["", "on", "log/x", "syslog", "journald:x", "/" + "x" * 4096],
    "address": ["", "localhost", "127.0.0.1:80", "::g", "unix:", "1.2.3"],
    "local": ["0.0.0.0:80", "[::]:80", "192.0.2.1:80", "localhost:80", "127.0.0.1", "9100", "unix:x"],
    "list": ["127.0.0.1", "localhost:80", "127.0.0.1:0,,", "127.0.0.1:65536"],
    "listeners": ["127.0.0.1", "all,", "ALL", "*", "127.0.0.1:65536"],
    "ranges": ["all", "10.0.0.1/8", "10.0.0.0/33", "localhost", "10.0.0.0/8,,", "::ffff:1.2.3.4"],
    "integer": ["", "-1", "1.5", "many", "0x10", "99999999999999999999"],
    "size": ["", "-1", "64kb", "1.5m", "big", "99999999999999999999t"],
    "duration": ["", "ten", "-1", "10 s", "1us", "5ms5s", "99999999999d"],
    "switch": ["", "maybe", "2", "ON!"],
    "choice": ["", "x", "DISPATCH"],
}

# The same in types of Python that are written the same way in TOML.
BAD_VALUES = {
    "port": [(65536, "65536"), (-1, "-1"), (True, "true")],
    "text": [],
    "path": [],
    "target": [(5, "5"), (True, "true")],
    "paths": [],
    "log_target": [],
    "address": [(5, "5"), (False, "false")],
    "local": [(9100, "9100"), (True, "true")],
    "list": [(["127.0.0.1"], '["127.0.0.1"]'), (80, "80")],
    "listeners": [(["127.0.0.1"], '["127.0.0.1"]'), (80, "80")],
    "ranges": [(["10.0.0.1/8"], '["10.0.0.1/8"]'), (10, "10")],
    "integer": [(-1, "-1"), (1.5, "1.5"), (True, "true")],
    "size": [(-1, "-1"), (1.5, "1.5"), (True, "true")],
    "duration": [(-1, "-1"), (-1.5, "-1.5"), (True, "true"), (10**12, str(10**12))],
    "switch": [(2, "2"), (0.5, "0.5")],
    "choice": [(2, "2"), (True, "true")],
}
