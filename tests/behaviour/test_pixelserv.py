"""The command line of pixelserv-tls, and the pages that it had."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from support.client import Client, get, request
from support.deadline import eventually
from support.paths import BINARY
from support.server import ADDRESS, ServerProcess

CERTIFICATE = Path(__file__).parents[1] / "parity" / "ca.crt"
# So that no warning about descriptors is due.
FEW = ("--max-connections", "1000")
NO_HTTPS = (
    "http_responder_mt: warning: -k 443: https is not served, there are no ca.crt and ca.key in "
    "/var/cache/pixelserv or /opt/var/cache/pixelserv"
)


@pytest.fixture
def folder(tmp_path):
    """A folder as pixelserv-tls keeps one, which whoever the process becomes can read."""
    path = tmp_path
    while path != path.parent and path.owner() == tmp_path.owner() and path.stat().st_uid == os.geteuid():
        path.chmod(path.stat().st_mode | 0o055)
        path = path.parent
    shutil.copy(CERTIFICATE, tmp_path / "ca.crt")
    return tmp_path


@pytest.fixture
def pixelserv():
    """Starts it in the foreground with these flags, at a free port of 127.0.0.1."""
    servers = []

    def start(*flags: str) -> ServerProcess:
        argv = [str(BINARY), "--pixelserv", "127.0.0.1", "-p", "0", "-f", *FEW, *flags]
        servers.append(ServerProcess(argv))
        return servers[-1]

    yield start
    try:
        for server in servers:
            server.stop(allow=("warning: -k ", "warning: -A ", "error: reload: ", "nobody cannot read it again"))
    finally:
        for server in servers:
            server.kill()


def counters(text: str) -> dict[str, float]:
    """`17 uts, 2 log, ...` by name."""
    return {name: float(value) for value, name in (pair.split(" ") for pair in text.split(", "))}


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([BINARY, "--pixelserv", *arguments], capture_output=True, text=True, timeout=30)


def test_it_serves_as_pixelserv_tls_and_says_what_it_does_not(pixelserv, folder):
    server = pixelserv("-k", "443", "-u", "nobody") if os.geteuid() == 0 else pixelserv("-k", "443")
    assert get(server.address, "/a.gif").get("content-type") == "image/gif"
    assert get(server.address, "/generate_204").status == 204
    eventually(lambda: server.messages() == [NO_HTTPS], "the warning")


@pytest.fixture
def authority(folder):
    """The folder with a CA as pixelserv-tls has it: one that only root can read."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is missing")
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Pixelserv CA", "-days", "30"]
    files = ["-keyout", str(folder / "ca.key"), "-out", str(folder / "ca.crt")]
    subprocess.run([*make, *files], check=True, capture_output=True)
    (folder / "ca.key").chmod(0o600)
    return folder


def https(address, folder: Path, name: str) -> bytes:
    """The start of the answer to a request by https from who trusts the CA of the folder."""
    trust = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    with socket.create_connection(address, timeout=20) as plain, trust.wrap_socket(plain, server_hostname=name) as tls:
        tls.sendall(f"GET /a.gif HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        return tls.recv(65536)


def test_https_with_the_ca_of_the_folder(pixelserv, authority):
    server = pixelserv("-k", "0", "-k", "0", "-z", str(authority), "-c", "100")
    plain, *tls = server.addresses
    assert len(tls) == 2 and get(plain, "/a.gif").status == 200
    for address in tls:
        for name in ("ads.example", "x.tracker.example"):
            assert https(address, authority, name).startswith(b"HTTP/1.1 200 OK\r\n")
    assert server.messages() == []
    found = counters(get(plain, "/servstats.txt").body.decode())
    assert found["slh"] == 4 and found["gif"] == 5
    assert get(plain, "/ca.crt").body == (authority / "ca.crt").read_bytes()


def test_every_flag_at_once(pixelserv, authority):
    flags = ["-p", "0", "-k", "0", "-n", "lo", "-O", "1", "-s", "/page", "-t", "/line", "-l", "2", "-z", str(authority)]
    flags += ["-2", "-T", "400", "-c", "50"]
    server = pixelserv(*flags, *(("-u", "nobody") if os.geteuid() == 0 else ()))
    first, second, tls = server.addresses
    assert "(TLS)" in server.stdout_lines[0]
    workers, each = re.search(r"with (\d+) workers?, (\d+) connections", server.stdout_lines[0]).groups()
    assert 400 <= int(workers) * int(each) < 400 + int(workers)
    assert get(first, "/a.gif").status == get(second, "/a.gif").status == 200
    assert https(tls, authority, "ads.example").startswith(b"HTTP/1.1 200 OK\r\n")
    assert get(first, "/generate_204").status == 200, "-2"
    assert get(first, "/page").get("content-type").startswith("text/html")
    assert counters(get(first, "/line").body.decode())["gif"] == 3
    if os.geteuid() == 0:
        assert Path(f"/proc/{server.pid}").owner() == "nobody"
    with Client(first) as idle:
        idle.send(request("/a.gif"))
        assert idle.response().status == 200
        idle.expect_closed(patience=8)  # -O
    assert server.messages() == []


def test_statistics_as_a_line_of_text(pixelserv):
    server = pixelserv()
    for _ in range(3):
        get(server.address, "/a.gif")
    get(server.address, "/", method="BREW")
    answer = get(server.address, "/servstats.txt")
    assert answer.get("content-type") == "text/plain; charset=utf-8"
    found = counters(answer.body.decode())
    assert found["req"] == 4 and found["bad"] == 1 and found["kcc"] >= 1
    assert 0 <= found["uts"] < 60 and found["avg"] > 20
    assert get(server.address, "/servstats.txt", method="HEAD").status == 200
    # Anything else at that path is a request like others.
    assert get(server.address, "/servstats.txt", method="POST").body == b""


def test_requests_are_counted_by_method_and_extension(pixelserv, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\npath = "/r"\nredirect = "/"\n[[rule]]\npath = "/slow"\nnull = "gif"\ndelay = "50ms"\n')
    server = pixelserv("--rules", str(rules), "--workers", "2")
    asked = {
        "gif": ["/a.gif", "/b.GIF?x=/y.png"],
        "ico": ["/favicon.ico"],
        "txt": ["/a.js"],
        "jpg": ["/a.jpg", "/a.jpeg"],
        "png": ["/a.png"],
        "swf": ["/a.swf"],
        "nfe": ["/", "/a.php", "/slow"],
        "ufe": ["/a.css"],
        "rdr": ["/r"],
        "204": ["/generate_204"],
    }
    for path in (path for paths in asked.values() for path in paths):
        get(server.address, path)
    for method, count in (("OPTIONS", 1), ("POST", 2), ("HEAD", 3)):
        for _ in range(count):
            get(server.address, "/a.gif", method=method)
    found = counters(get(server.address, "/servstats.txt").body.decode())
    assert {name: found[name] for name in asked} == {name: len(paths) for name, paths in asked.items()}
    assert (found["opt"], found["pst"], found["hed"]) == (1, 2, 3)
    assert found["tmx"] >= 50 and found["tav"] < found["tmx"]


def test_statistics_as_a_page(pixelserv):
    answer = get(pixelserv().address, "/servstats", "Origin: https://page.example")
    assert answer.get("content-type") == "text/html; charset=utf-8"
    assert b"<td>req</td>" in answer.body and b"<script" not in answer.body
    assert answer.get("access-control-allow-origin") is None, "pages of other sites cannot read it"
    assert answer.get("cache-control") == "no-store"


def test_the_pages_may_be_elsewhere(pixelserv):
    server = pixelserv("-s", "/page", "-t", "/line")
    assert b"<td>req</td>" in get(server.address, "/page?x=1").body
    assert "req" in counters(get(server.address, "/line").body.decode())
    assert get(server.address, "/servstats.txt").body == b""


def test_an_admin_port_leaves_no_page_of_statistics_on_the_others(pixelserv):
    server = pixelserv("-A", "8443")
    assert get(server.address, "/servstats.txt").body == b""


def test_the_log_level_is_not_for_everybody_to_set(pixelserv):
    server = pixelserv()
    before = counters(get(server.address, "/servstats.txt").body.decode())["log"]
    get(server.address, "/log=5")
    assert counters(get(server.address, "/servstats.txt").body.decode())["log"] == before


def test_the_certificate_of_the_folder_and_its_successor(pixelserv, folder):
    server = pixelserv("-z", str(folder), "-l", "1")
    answer = get(server.address, "/ca.crt")
    assert answer.get("content-type") == "application/x-x509-ca-cert"
    assert answer.body == CERTIFICATE.read_bytes()
    renewed = CERTIFICATE.read_bytes() * 2
    (folder / "ca.crt").write_bytes(renewed)
    server.signal(signal.SIGHUP)
    eventually(lambda: get(server.address, "/ca.crt").body == renewed, "the new one")
    (folder / "ca.crt").write_text("-----BEGIN PRIVATE KEY-----")
    server.signal(signal.SIGHUP)
    eventually(lambda: any("got a private key" in line for line in server.messages()), "a refusal")
    assert get(server.address, "/ca.crt").body == renewed


def test_a_file_that_is_no_certificate_is_refused_at_the_start(folder):
    for text, expected in (("x", "got something else"), ("-----BEGIN EC PRIVATE KEY-----", "got a private key")):
        (folder / "ca.crt").write_text(text)
        done = run("127.0.0.1", "-p", "0", "-f", "-z", str(folder))
        assert done.returncode == 2 and f"ca_certificate: {folder}/ca.crt: " in done.stderr and expected in done.stderr


@pytest.mark.parametrize(
    "flags, expected",
    [
        (["-p", "http"], '-p: expected a port from 0 to 65535, got "http"'),
        (["-z"], "-z: expected FOLDER, got nothing"),
        (["-x"], 'unknown flag "-x" of pixelserv-tls'),
        (["-T", "0"], '-T: expected a number from 1 to 1073741824, got "0"'),
        (["a.example"], 'address: expected an IP address or unix:/path, got "a.example"'),
    ],
)
def test_what_is_wrong_is_one_line(flags, expected):
    done = run(*flags)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"http_responder_mt: {expected}, try --help\n"


def test_help_is_about_the_flags():
    done = run("--help")
    assert done.returncode == 0 and "\n  -z FOLDER\n" in done.stdout
    assert "--pixelserv" in subprocess.run([BINARY, "--help"], capture_output=True, text=True, timeout=30).stdout


def processes_with(word: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and word.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            pass
    return found


def test_without_f_it_goes_to_the_background_once_it_serves(tmp_path):
    flags = [f"--server-name={tmp_path.name}", *FEW]
    argv = [BINARY, "--pixelserv", "127.0.0.1", "-p", "0", *flags]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    processes = processes_with(f"--server-name={tmp_path.name}")
    try:
        assert (done.returncode, done.stderr) == (0, NO_HTTPS + "\n")
        (found,) = processes
        port = int(ADDRESS.search(done.stdout)["port4"])
        assert get(("127.0.0.1", port), "/a.gif").status == 200
        assert os.getsid(found) == found, "no terminal"
        assert {os.readlink(f"/proc/{found}/fd/{fd}") for fd in range(3)} == {"/dev/null"}
    finally:
        for process in processes:
            os.kill(process, signal.SIGTERM)
    eventually(lambda: not processes_with(f"--server-name={tmp_path.name}"), "its end")


def test_what_keeps_it_from_serving_is_told_before_the_background():
    done = run("192.0.2.1", "-p", "0")
    assert done.returncode == 1 and done.stdout == ""
    assert re.search(r"cannot listen on 192\.0\.2\.1:0: this machine does not have that address", done.stderr)


def test_an_interface_is_the_only_way_in(pixelserv):
    if os.geteuid() != 0:
        pytest.skip("an older kernel wants a capability for it")
    assert get(pixelserv("-n", "lo").address, "/a.gif").status == 200
    done = run("127.0.0.1", "-p", "0", "-f", "-n", "nowhere0")
    assert done.returncode == 1 and "interface nowhere0: there is none of that name" in done.stderr
