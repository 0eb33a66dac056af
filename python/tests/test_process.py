"""Threads, signals, forks, the garbage collector, the end of the interpreter."""

import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import weakref

import pytest
from conftest import in_thread, request

from http_responder import Server, StateError


def run(program):
    """Runs a program of its own; it must end by itself."""
    program = "from http_responder import *\nimport os, sys, threading, urllib.request\n" + (
        textwrap.dedent(program)
    )
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        cwd="/",  # away from the source, which has no compiled module
    )


def test_stop_lets_a_worker_that_waits_for_python_through(server):
    """The caller holds the interpreter, the workers want it: stop must not wait while attached."""
    entered, leave = threading.Event(), threading.Event()

    @server.route("/x")
    def handler(request):
        entered.set()
        leave.wait(20)
        return "x"

    client = in_thread(lambda: request_or_error(server))
    assert entered.wait(20)
    stopping = in_thread(server.stop)
    leave.set()
    assert stopping() is None
    assert client() is not None


def request_or_error(server):
    try:
        return request(server, "/x").status
    except OSError as error:
        return error


def test_stop_in_a_handler_is_a_state_error_and_stops_the_server_behind_it(server):
    raised = []

    @server.route("/x")
    def handler(request):
        try:
            server.stop()
        except StateError as error:
            raised.append(error)

    request_or_error(server)
    assert len(raised) == 1
    assert server.wait(20) is True


def test_routes_may_be_added_in_a_handler(server, ask):
    @server.route("/add")
    def add(request):
        server.rule("/added", "added")
        return "x"

    assert ask("/add").text == "x"
    assert ask("/added").text == "added"


def test_handlers_and_callers_in_many_threads_do_not_block_each_other(server):
    @server.route("/x")
    def handler(request):
        server.stats()
        return server.url_for(request.path)

    def client():
        return [request(server, "/x").text for _ in range(20)]

    clients = [in_thread(client) for _ in range(8)]
    for _ in range(100):
        server.stats_text("json")
        server.worker_stats()
    assert {text for join in clients for text in join()} == {server.url_for("/x")}


def test_ctrl_c_interrupts_wait_and_the_block_stops():
    done = run("""
        with Server(port=0, max_connections=100) as server:
            threading.Timer(0.05, os.kill, (os.getpid(), 2)).start()
            try:
                server.wait()
            except KeyboardInterrupt:
                print("interrupted", server.state)
        print(server.state)
    """)
    assert (done.stdout, done.stderr) == ("interrupted running\nstopped\n", "")


def test_a_server_that_is_let_go_is_stopped():
    server = Server(port=0)
    server.start()
    port = server.port
    gone = weakref.ref(server)
    del server
    assert gone() is None
    assert_free(port)


def cyclic_server():
    """A running server whose handlers refer to it."""
    server = Server(port=0)

    @server.route("/x")
    def handler(request):
        return server.url_for("/")

    @server.fallback
    def rest(request):
        return server.url_for("/")

    server.start()
    return server


def test_a_cycle_of_a_server_and_its_handlers_is_collected_and_stopped():
    server = cyclic_server()
    port = server.port
    assert request(server, "/x").text == request(server, "/y").text == server.url_for("/")
    gone = weakref.ref(server)
    del server
    assert gone() is not None, "no cycle, nothing to collect"
    gc.collect()
    assert gone() is None
    assert_free(port)


def assert_free(port):
    other = Server(port=port)
    other.start()
    other.stop()


def test_a_handler_may_let_go_of_the_last_reference_to_its_server():
    done = run("""
        servers = [Server(port=0, workers=1, max_connections=100)]
        let_go = threading.Event()

        def last(request):
            del servers[:]
            let_go.set()
            return "x"

        servers[0].route("/x")(last)
        servers[0].start()
        url = servers[0].url_for("/x")
        try:
            urllib.request.urlopen(url, timeout=10).read()
        except OSError:
            pass  # the server may be gone before its answer is
        print(let_go.wait(10))
    """)
    assert (done.stdout, done.stderr, done.returncode) == ("True\n", "", 0)


def test_the_interpreter_ends_with_a_server_still_running():
    done = run("""
        server = Server(port=0, max_connections=100)
        server.route("/x")(lambda request: server.url_for())
        server.start()
        urllib.request.urlopen(server.url_for("/x")).read()
        print("end")
    """)
    assert (done.stdout, done.stderr, done.returncode) == ("end\n", "", 0)


@pytest.mark.parametrize("waits", ["time.sleep(1000)", "await asyncio.sleep(1000)"])
def test_the_interpreter_ends_while_an_asgi_application_runs(waits):
    done = run(f"""
        import asyncio, socket, time
        entered = threading.Event()

        async def app(scope, receive, send):
            assert scope["type"] == "http"
            entered.set()
            while True:
                {waits}

        server = Server(app=app, port=0, max_connections=100)
        server.start()
        client = socket.create_connection(("127.0.0.1", server.port))
        client.sendall(b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
        entered.wait()
        print("end")
    """.replace("time.sleep(1000)", "time.sleep(0.01)"))
    assert (done.stdout, done.returncode) == ("end\n", 0)


def test_a_handler_in_progress_is_finished_before_the_interpreter_ends():
    done = run("""
        import atexit
        server = Server(port=0, max_connections=100)
        entered, leave = threading.Event(), threading.Event()

        @server.route("/x")
        def slow(request):
            entered.set()
            leave.wait(10)
            total = sum(range(3_000_000))  # longer than the interpreter takes to end
            os.write(1, b"finished")

        server.start()
        ask = lambda: urllib.request.urlopen(server.url_for("/x"))
        threading.excepthook = lambda raised: None  # the client loses its connection
        threading.Thread(target=ask, daemon=True).start()
        assert entered.wait(10)
        atexit.register(leave.set)
    """)
    assert (done.stdout, done.stderr, done.returncode) == ("finished", "", 0)


def test_the_interpreter_ends_while_clients_keep_asking():
    done = run("""
        server = Server(port=0, workers=2, max_connections=100)
        server.route("/x")(lambda request: "x" * 1000)
        server.start()
        url = server.url_for("/x")
        asked = threading.Event()

        def ask():
            try:
                while True:
                    urllib.request.urlopen(url, timeout=5).read()
                    asked.set()
            except OSError:
                pass

        for _ in range(4):
            threading.Thread(target=ask, daemon=True).start()
        assert asked.wait(10)
    """)
    assert (done.stderr, done.returncode) == ("", 0)


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")


def in_child(function):
    """Runs function in a forked child and returns what it printed."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, str(function()).encode())
        finally:
            os._exit(0)
    os.close(write)
    try:
        ended = in_thread(lambda: os.waitpid(child, 0))
        ended()
    except AssertionError:
        os.kill(child, signal.SIGKILL)
        raise
    with os.fdopen(read) as pipe:
        return pipe.read()


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_that_uses_the_server_of_its_parent_gets_a_state_error(server, ask):
    def use():
        refused = 0
        for call in (
            server.stop,
            server.drain,
            server.wait,
            server.stats,
            server.url_for,
            lambda: server.state,
            lambda: server.listen("127.0.0.1:0"),
            lambda: server.rule("/x", "x"),
            lambda: server.fallback(print),
            server.__enter__,
        ):
            try:
                call()
            except StateError as error:
                assert str(os.getppid()) in str(error)
                refused += 1
        server.__exit__(None, None, None)
        return refused

    assert in_child(use) == "10"
    assert ask("/").status == 200, "the parent goes on"


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_that_lets_go_of_the_server_of_its_parent_leaves_it_alone():
    servers = [Server(port=0)]
    servers[0].start()

    def let_go():
        del servers[:]
        gc.collect()
        return "left"

    assert in_child(let_go) == "left"
    assert request(servers[0]).status == 200
    servers[0].stop()


@needs_fork
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_may_have_a_server_of_its_own(server):
    def own():
        with Server(port=0) as mine:
            return request(mine).status

    assert in_child(own) == "200"
