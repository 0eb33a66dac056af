"""Handlers that never return: whoever waits for them can be interrupted, or gives up."""

import os
import signal
import threading
import time

import pytest
from conftest import in_thread, request
from test_process import run

from http_responder import Server

STUCK = """
    import time
    entered, leave = threading.Event(), threading.Event()

    def stick(request):
        entered.set()
        leave.wait()

    def stuck_server():
        server = Server(port=0, max_connections=100, log_level="off")
        server.route("/x")(stick)
        server.start()
        threading.excepthook = lambda raised: None  # the client may lose its connection
        ask = lambda: urllib.request.urlopen(server_url)
        server_url = server.url_for("/x")
        threading.Thread(target=ask, daemon=True).start()
        assert entered.wait(10)
        return server

    def interrupt_soon():
        threading.Timer(0.2, os.kill, (os.getpid(), 2)).start()
"""

LEFT_BEHIND = "a handler does not return, 5 s after its server was told to stop: left behind\n"


@pytest.fixture
def stuck(server):
    """A server with a request in a handler, and what lets the handler go."""
    entered, leave = threading.Event(), threading.Event()

    @server.route("/x")
    def stick(request):
        entered.set()
        leave.wait(20)

    def ask():
        try:
            request(server, "/x")
        except OSError:
            pass  # the server is gone before it has answered

    client = in_thread(ask)
    assert entered.wait(20)
    yield server, leave
    leave.set()
    client()


@pytest.fixture
def interrupting():
    """Sends SIGINT again and again until told to stop: one may come before the wait begins."""
    done = threading.Event()

    def interrupt():
        while not done.wait(0.1):
            os.kill(os.getpid(), signal.SIGUSR1)

    class Interrupted(Exception):
        pass

    def raise_it(*_):
        done.set()
        raise Interrupted

    before = signal.signal(signal.SIGUSR1, raise_it)
    thread = threading.Thread(target=interrupt)
    yield Interrupted, thread.start
    done.set()
    thread.join()
    signal.signal(signal.SIGUSR1, before)


def test_what_a_signal_handler_raises_ends_stop_and_the_server_remains_told(stuck, interrupting):
    server, leave = stuck
    interrupted, begin = interrupting
    begin()
    with pytest.raises(interrupted):
        server.stop()
    assert server.state != "stopped", "the handler is still there"
    leave.set()
    assert server.wait(20) is True


def test_ctrl_c_ends_the_wait_at_the_end_of_a_block():
    done = run(f"""{STUCK}
    server = stuck_server()
    try:
        with server:
            interrupt_soon()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    leave.set()
    print(server.wait(10), server.state)
    """)
    assert (done.stdout, done.stderr) == ("interrupted\nTrue stopped\n", "")


@pytest.mark.parametrize("stuck_in", ["leave.wait()", "time.sleep(1000)", "while True: pass"])
def test_the_interpreter_ends_though_a_handler_never_returns(stuck_in):
    began = time.monotonic()
    done = run(f"""{STUCK.replace("leave.wait()", stuck_in)}
    server = stuck_server()
    print("end", flush=True)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", LEFT_BEHIND)
    assert time.monotonic() - began < 15


def test_ctrl_c_cuts_the_wait_at_the_end_of_the_interpreter_short():
    began = time.monotonic()
    done = run(f"""{STUCK}
    import atexit
    server = stuck_server()
    atexit.register(interrupt_soon)
    """)
    assert "KeyboardInterrupt" in done.stderr
    assert LEFT_BEHIND not in done.stderr
    assert done.returncode == 0
    assert time.monotonic() - began < 4


def test_letting_go_of_a_server_does_not_wait_for_ever():
    done = run(f"""{STUCK}
    server = stuck_server()
    del server
    print("gone", flush=True)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "gone\n", LEFT_BEHIND)


def test_a_cycle_with_a_stuck_handler_is_collected_once():
    done = run(f"""{STUCK}
    import gc
    server = stuck_server()
    server.route("/y")(lambda request, server=server: "x")
    del server
    gc.collect()
    print("collected", flush=True)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "collected\n", LEFT_BEHIND)


def test_servers_with_stuck_handlers_are_given_up_together():
    done = run(f"""{STUCK}
    servers = []
    for _ in range(4):
        entered.clear()
        servers.append(stuck_server())
    """)
    assert (done.returncode, done.stderr) == (0, 4 * LEFT_BEHIND)


def test_a_server_left_behind_ends_when_its_handler_returns():
    done = run(f"""{STUCK}
    server = stuck_server()
    port = server.port
    del server
    leave.set()
    deadline = time.monotonic() + 10
    while len(os.listdir("/proc/self/task")) > 1 and time.monotonic() < deadline:
        os.sched_yield()
    print(len(os.listdir("/proc/self/task")))
    """)
    assert (done.stdout, done.stderr) == ("1\n", LEFT_BEHIND)


def test_a_server_that_was_never_started_ends_at_once():
    server = Server(port=0)
    server.stop()
    assert server.state == "stopped"
