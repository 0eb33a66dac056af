"""Wrong arguments and addresses: one clear line, and the exit status that scripts rely on."""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from support.client import Client, get
from support.paths import BUILD
from support.server import ServerProcess

COULD_NOT, WRONG_USAGE = 1, 2

PROGRAMS = ["http_responder_mt", "http_responder"]


@pytest.fixture(params=PROGRAMS)
def program(request) -> str:
    return str(BUILD / request.param)


def run(program: str, *arguments: str, **more) -> subprocess.CompletedProcess:
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=10, **more)


def one_line(done: subprocess.CompletedProcess, status: int) -> str:
    """The only line on standard error, of a run that ended with `status` and printed nothing."""
    assert done.returncode == status, f"exit status {done.returncode}: {done.stderr}"
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, f"not one line: {done.stderr!r}"
    assert "panicked" not in lines[0]
    return lines[0]


def test_a_taken_port(program):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = one_line(run(program, str(port), "127.0.0.1"), COULD_NOT)
    assert f"127.0.0.1:{port}" in line and re.search("in use", line, re.IGNORECASE)


def test_an_address_that_is_not_ours(program):
    line = one_line(run(program, "0", "192.0.2.1"), COULD_NOT)
    assert "192.0.2.1" in line


def test_a_port_without_permission(program):
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 80:
        pytest.skip("here any user may use any port")
    options = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    try:
        done = run(program, "80", "127.0.0.1", **options)
    except PermissionError:
        pytest.skip("another user cannot reach the program")
    line = one_line(done, COULD_NOT)
    assert "127.0.0.1:80" in line and re.search("permi", line, re.IGNORECASE)


def test_a_directory_that_is_not_there(program):
    line = one_line(run(program, "0", "127.0.0.1", "--listen", "unix:/nowhere/at/all/socket"), COULD_NOT)
    assert "/nowhere/at/all/socket" in line


def test_a_file_of_options_that_is_not_there(program):
    line = one_line(run(program, "0", "127.0.0.1", "--config", "/nowhere/at/all.toml"), COULD_NOT)
    assert "config: /nowhere/at/all.toml: " in line and "No such file" in line


def test_a_mistake_in_the_file_of_options_has_its_line(program, tmp_path):
    file = tmp_path / "options.toml"
    file.write_text('cors = "on"\nmax_body = "much"\n')
    line = one_line(run(program, "0", "127.0.0.1", "--config", str(file)), WRONG_USAGE)
    assert f"config: {file}:2: max_body: expected" in line


@pytest.mark.parametrize("port", ["abc", "", "65536", "-1", "80x", "0x50", "1e3", "99999999999999999999"])
def test_a_bad_port(program, port):
    line = one_line(run(program, port, "127.0.0.1"), WRONG_USAGE)
    assert "port" in line.lower() or port.startswith("-")
    assert port in line


@pytest.mark.parametrize("address", ["256.0.0.1", "1.2.3", "nonsense", "", "127.0.0.1:80", "[::1"])
def test_a_bad_address(program, address):
    line = one_line(run(program, "0", address), WRONG_USAGE)
    assert address in line


@pytest.mark.parametrize(
    "option, value",
    [
        ("-w", "0"),
        ("-w", "1025"),
        ("-w", "four"),
        ("--workers", "-1"),
        ("--workers", ""),
        ("--max-connections", "0"),
        ("--max-connections", "1.5"),
        ("--head-timeout", "ten"),
        ("--head-timeout", "10 parsecs"),
        ("--head-timeout", "-1s"),
        ("--keep-alive-timeout", "99999999999999999999s"),
        ("--max-body", "1Q"),
        ("--max-body", "-1"),
        ("--max-fields", "100000"),
        ("--cors=maybe", None),
        ("--accept", "sometimes"),
        ("--log-level", "shouting"),
        ("--listen", "127.0.0.1:99999"),
        ("--listen", "nowhere"),
    ],
)
def test_a_bad_value_is_named_with_its_option(option, value):
    words = [option] if value is None else [option, value]
    line = one_line(run(str(BUILD / PROGRAMS[0]), "0", "127.0.0.1", *words), WRONG_USAGE)
    option, _, joined = option.partition("=")
    name = {"-w": "workers"}.get(option, option.lstrip("-").replace("-", "_"))
    assert name in line.replace("-", "_"), line
    assert (value or joined) in line, line


@pytest.mark.parametrize("option", ["--frobnicate", "-Z", "--keep-alive-timeot", "--worker"])
def test_an_unknown_option_is_named(program, option):
    line = one_line(run(program, "0", "127.0.0.1", option, "1"), WRONG_USAGE)
    assert option.lstrip("-") in line.replace("_", "-")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["0"],
        ["0", "127.0.0.1", "more"],
        ["0", "127.0.0.1", "-w"],
        ["0", "127.0.0.1", "--head-timeout"],
        ["-w", "2"],
    ],
    ids=lambda arguments: " ".join(arguments) or "none",
)
def test_missing_or_surplus_arguments(arguments):
    one_line(run(str(BUILD / PROGRAMS[0]), *arguments), WRONG_USAGE)


def test_what_is_missing_is_called_as_the_help_calls_it(program):
    named = re.search(r"usage: \S+ (\w+ \w+) ", run(program, "--help").stdout)[1]
    assert f" {named} [options]" in one_line(run(program), WRONG_USAGE)


def test_arguments_that_are_no_text(program):
    one_line(run(program, "0", b"\xff\xfe"), WRONG_USAGE)


def test_help_goes_to_standard_output_and_names_the_options(program):
    done = run(program, "--help")
    assert done.returncode == 0 and done.stderr == ""
    for name in ("--keep-alive-timeout", "--max-connections", "--listen", "--log-level"):
        assert name in done.stdout


def test_version_is_one_line_on_standard_output(program):
    done = run(program, "--version")
    assert done.returncode == 0 and done.stderr == ""
    assert re.fullmatch(r"\S+ \d+\.\d+\.\d+\S*\n", done.stdout)


def test_options_may_be_written_with_an_equals_sign_and_anywhere(start):
    server = start("--keep-alive-timeout=300ms", "--cors=off", workers=1)
    assert get(server.address, "/a.gif", "Origin: https://a.example").get("access-control-allow-origin") is None


def test_the_start_line_says_where_with_how_many_workers_and_what_capacity(start):
    server = start("--max-connections", "500", workers=3)
    assert len(server.stdout_lines) == 1
    line = server.stdout_lines[0]
    assert "%s:%d" % server.address in line
    assert re.search(r"\b3 workers\b", line)
    assert re.search(r"\b1[,_']?500\b|\b500\b", line)


def test_only_the_address_that_was_asked_for_is_listened_on(start):
    _, port = start(address="127.0.0.2").address
    with pytest.raises(ConnectionRefusedError):
        Client(("127.0.0.1", port))


def test_the_single_threaded_program_serves_too():
    process = ServerProcess([str(BUILD / "http_responder"), "0", "127.0.0.1"])
    try:
        assert get(process.address, "/a.gif").status == 200
        process.stop(allow=(r"(?i)descriptor|RLIMIT_NOFILE",))
    finally:
        process.kill()


def test_a_limit_below_what_is_asked_for_is_warned_of_once(start):
    server = start("--max-connections", "50000", descriptors=4096, allow=(r"4096|\b[34]\d{3}\b",), workers=4)
    assert get(server.address, "/a.gif").status == 200
    assert len(server.messages()) == 1
