"""Faults from below: each call that a running server makes fails in turn with each errno that it can
give. No crash, no spin, no leak of descriptors, and whoever comes next is answered."""

import errno as e
import signal
import time

import pytest
from faults.preloaded import ALWAYS, Faults, assert_no_spin, assert_well, name, start_under, traffic

from support.client import Client, get, request
from support.deadline import eventually
from support.proc import open_descriptors

# What accept(2), recv(2), send(2), epoll_ctl(2), ... list; and those of the network that come with them.
RUNNING = {
    "accept4": [e.EAGAIN, e.EINTR, e.ECONNABORTED, e.EMFILE, e.ENFILE, e.ENOBUFS, e.ENOMEM, e.EPERM, e.EPROTO],
    # Not EAGAIN: it stands for an edge to come, which a socket that is ready already does not send.
    "recv": [e.EINTR, e.ECONNRESET, e.ENOMEM, e.ENOBUFS, e.ETIMEDOUT, e.ENOTCONN],
    "send": [e.EINTR, e.EPIPE, e.ECONNRESET, e.ENOBUFS, e.ENOMEM, e.EHOSTUNREACH],
    "epoll_wait": [e.EINTR],
    "epoll_ctl": [e.ENOMEM, e.ENOSPC],
    "shutdown": [e.ENOTCONN, e.ENOBUFS],
    "setsockopt": [e.ENOMEM, e.ENOBUFS, e.EINVAL],
    "getsockname": [e.ENOBUFS],
    "getpeername": [e.ENOTCONN, e.ENOBUFS],
    "close": [e.EINTR, e.EIO],
    "read": [e.EAGAIN, e.EINTR],
    "wake": [e.EAGAIN, e.EINTR],
    "write": [e.EAGAIN, e.EINTR, e.EIO, e.ENOSPC, e.EFBIG, e.EDQUOT],
    "madvise": [e.EINVAL, e.ENOMEM],
    "munmap": [e.EINVAL, e.ENOMEM],
}
# Others come too seldom to be sure of; of these there are some in what `traffic` does.
CERTAIN = {"accept4", "recv", "send", "epoll_wait", "epoll_ctl", "shutdown", "getpeername", "close", "wake"}

STARTING = {
    "socket": [e.EMFILE, e.ENFILE, e.ENOBUFS, e.ENOMEM, e.EACCES, e.EAFNOSUPPORT],
    "bind": [e.EADDRINUSE, e.EACCES, e.EADDRNOTAVAIL, e.ENOMEM],
    "listen": [e.EADDRINUSE, e.EOPNOTSUPP],
    "setsockopt": [e.ENOMEM, e.ENOPROTOOPT],
    "epoll_create1": [e.EMFILE, e.ENFILE, e.ENOMEM],
    "epoll_ctl": [e.ENOMEM, e.ENOSPC],
    "eventfd": [e.EMFILE, e.ENFILE, e.ENOMEM, e.ENODEV],
    "timerfd_create": [e.EMFILE, e.ENFILE, e.ENOMEM, e.ENODEV],
    "pthread_create": [e.EAGAIN, e.EPERM],
    "mmap": [e.ENOMEM],
    "madvise": [e.EINVAL],
    "munmap": [e.EINVAL],
    "setrlimit": [e.EPERM],
}

# What a server says of calls that failed, and a client's misconduct that is none.
ANYTHING = (".*",)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    faults = Faults(folder)
    options = ["--access-log", str(folder / "access.log"), "--head-timeout", "2s", "--linger-timeout", "500ms", "--write-timeout", "2s"]
    server = start_under(faults, *options)
    try:
        traffic(server)
        yield faults, server
        faults.disarm()
        server.stop(allow=ANYTHING)
    finally:
        server.kill()


@pytest.mark.parametrize("call", RUNNING)
def test_a_call_that_fails_harms_nobody_else(scene, call):
    faults, server = scene
    get(server.address, "/a.gif")
    base = settled_descriptors(server)
    hits = 0
    for error in RUNNING[call]:
        for nth, times in [(1, 1), (2, 1), (3, 2)]:
            faults.arm(call, error, nth, times)
            traffic(server)
            hits += faults.disarm()
            what = f"{call} {name(error)} at call {nth}"
            assert server.process.poll() is None, f"{what}: it has ended: {server.messages()[-5:]}"
        assert_well(server, base, f"{call} {name(error)}")
    assert hits or call not in CERTAIN, f"{call} was never made to fail"


LASTING = ["accept4", "recv", "send", "write", "epoll_ctl"]
PASSING = (e.EAGAIN, e.EINTR)


@pytest.mark.parametrize("call,error", [(c, x) for c in LASTING for x in RUNNING[c] if x not in PASSING])
def test_a_call_that_goes_on_failing_does_not_make_it_spin(scene, call, error):
    faults, server = scene
    get(server.address, "/a.gif")
    base = settled_descriptors(server)
    faults.arm(call, error, 1, ALWAYS)
    with Client(server.address, patience=0.1) as waiting:
        try:
            waiting.send(request("/a.gif"))
        except OSError:
            pass
        try:
            assert_no_spin(server, f"{call} {name(error)}")
        finally:
            faults.disarm()
        if call == "accept4" and error in (e.EMFILE, e.ENFILE, e.ENOBUFS, e.ENOMEM):
            waiting.patience = 5.0
            assert waiting.response().status in (200, 503), "who waited has been forgotten"
    assert_well(server, base, f"{call} {name(error)} for a while")


def settled_descriptors(server) -> int:
    """How many there are once nothing moves."""
    last, same = open_descriptors(server.pid), 0
    while same < 5:
        time.sleep(0.02)
        now = open_descriptors(server.pid)
        same = same + 1 if now == last else 0
        last = now
    return last


@pytest.mark.parametrize("call", STARTING)
def test_a_call_that_fails_at_the_start_is_told_or_done_without(tmp_path, call):
    faults = Faults(tmp_path)
    for error in STARTING[call]:
        for nth in (1, 2, 3):
            faults.arm(call, error, nth, 1)
            try:
                server = start_under(faults)
            except AssertionError as failed:
                text = str(failed)
                assert "exit status 1" in text or "exit status 2" in text, f"{call} {name(error)} {nth}: {text}"
                assert "panicked" not in text, text
                continue
            try:
                faults.disarm()
                assert get(server.address, "/a.gif").status == 200
                server.stop(allow=ANYTHING)
            finally:
                server.kill()


def test_no_memory_for_more_connections_turns_them_away_and_harms_nobody(tmp_path):
    faults = Faults(tmp_path)
    server = start_under(faults, "--max-connections=3000", "--keep-alive-timeout=30s", workers=1)
    clients = []
    try:
        clients += [Client(server.address) for _ in range(900)]
        server.eventually("all are open", lambda stats: stats["connections_open"] >= 900)
        faults.arm("mmap", e.ENOMEM, 1, ALWAYS)
        clients += [Client(server.address) for _ in range(300)]
        stats = server.counted("connections_shed", 1)
        assert faults.disarm() > 0 and stats["connections_open"] >= 900
        clients[0].send(request("/a.gif"))
        assert clients[0].response().status == 200
        for client in clients:
            client.close()
        server.eventually("all are gone", lambda stats: stats["connections_open"] == 0)
        assert get(server.address, "/a.gif").status == 200
        server.stop(allow=ANYTHING)
    finally:
        server.kill()


@pytest.mark.parametrize("error", [e.EMFILE, e.ENFILE, e.ENOMEM, e.EACCES])
def test_a_reload_that_cannot_open_its_files_changes_nothing(tmp_path, error):
    faults = Faults(tmp_path)
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nprefix = "/x"\nbody = "mine"\n')
    server = start_under(faults, "--rules", str(rules), "--access-log", str(tmp_path / "log"))
    try:
        faults.arm("open", error, 1, ALWAYS)
        server.signal(signal.SIGHUP)
        eventually(lambda: faults.hits > 0, "a file was asked for")
        assert get(server.address, "/x").body == b"mine"
        faults.disarm()
        rules.write_text('[[rule]]\nprefix = "/x"\nbody = "yours"\n')
        server.signal(signal.SIGHUP)
        eventually(lambda: get(server.address, "/x").body == b"yours", "the next reload is done")
        server.stop(allow=ANYTHING)
    finally:
        server.kill()
