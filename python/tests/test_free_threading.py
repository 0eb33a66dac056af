"""Python without a GIL: handlers at the same time, and everything used from many threads at once."""

import gc
import sysconfig
import threading

import pytest
from conftest import request
from test_process import run

from http_responder import Deferred, Response, Server, StateError, testing

FREE = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))

only_free = pytest.mark.skipif(not FREE, reason="this CPython is not a free-threaded one")

THREADS = 8


def at_once(*functions):
    """Calls all of them, each on a thread of its own, as close together as it gets; what they return."""
    gate = threading.Barrier(len(functions))
    said = [None] * len(functions)

    def call(number, function):
        gate.wait(20)
        try:
            said[number] = function()
        except BaseException as error:
            said[number] = error

    threads = [threading.Thread(target=call, args=pair) for pair in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return said


@only_free
def test_the_module_leaves_the_gil_off():
    program = """
        from http_responder import aio, asgi, faults, har, testing, wsgi
        assert not sys._is_gil_enabled()
    """
    done = run(program)
    assert done.returncode == 0, done.stderr


@only_free
def test_handlers_of_two_workers_run_at_the_same_time():
    """Each spins until it sees the other one. With a GIL the first would keep it for an hour."""
    program = """
        import http.client, time
        sys.setswitchinterval(3600)
        here = set()
        def who(request):
            return str(threading.get_ident())
        def meet(request):
            here.add(threading.get_ident())
            end = time.monotonic() + 10
            while len(here) < 2 and time.monotonic() < end:
                pass
            return str(len(here))
        with Server(port=0, workers=2) as server:
            server.route("/who")(who)
            server.route("/meet")(meet)
            workers = {}
            clients = []
            while len(workers) < 2 and len(clients) < 100:
                client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
                clients.append(client)
                client.request("GET", "/who")
                workers.setdefault(client.getresponse().read(), client)
            for client in workers.values():
                client.request("GET", "/meet")
            met = [client.getresponse().read() for client in workers.values()]
            for client in clients:
                client.close()
        assert met == [b"2", b"2"], met
    """
    done = run(program)
    assert done.returncode == 0, done.stderr


def test_what_a_request_makes_at_the_first_question_is_the_same_for_all_who_ask_at_once(server):
    kept = []
    server.route("/{name}")(lambda request: kept.append(request) or "x")
    fields = {"Cookie": "c=d", "Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(20):
        request(server, "/a?b=c", "POST", b"e=f", fields)
        asked = kept.pop()
        for name in ("headers", "params", "query", "cookies", "body", "stream"):
            seen = at_once(*[lambda name=name: getattr(asked, name)] * THREADS)
            assert all(one is seen[0] for one in seen), name
        forms = at_once(*[asked.form] * THREADS)
        assert forms[0]["e"] == "f" and all(one is forms[0] for one in forms)
        peers = at_once(*[lambda: asked.peer] * THREADS)
        assert len(set(peers)) == 1 and peers[0].startswith("127.0.0.1:")


def test_of_all_who_answer_a_deferred_request_at_once_one_does(server):
    given = []

    @server.route("/x")
    def handler(request):
        deferred = Deferred()
        given.append(deferred)
        arrived.set()
        return deferred

    for _ in range(50):
        arrived = threading.Event()
        answer = []
        client = threading.Thread(target=lambda: answer.append(request(server, "/x").text))
        client.start()
        assert arrived.wait(20)
        deferred = given.pop()
        said = at_once(*[lambda n=n: deferred.respond(str(n)) for n in range(THREADS)])
        client.join(20)
        assert sorted(type(one).__name__ for one in said) == ["NoneType"] + ["StateError"] * (THREADS - 1)
        assert said[int(answer[0])] is None


def test_a_stream_that_is_written_from_many_threads_has_every_piece_once(server):
    @server.route("/x")
    def handler(request):
        deferred = Deferred()

        def write():
            while True:
                try:
                    writer = deferred.stream()
                    break
                except StateError:
                    pass  # the handler has not returned it yet
            pieces = [f"{number:04}" for number in range(THREADS * 50)]
            parts = [pieces[first::THREADS] for first in range(THREADS)]
            at_once(*[lambda part=part: [writer.send(piece) for piece in part] for part in parts])
            writer.finish()

        threading.Thread(target=write).start()
        return deferred

    text = request(server, "/x").text
    assert sorted(text[at : at + 4] for at in range(0, len(text), 4)) == [
        f"{number:04}" for number in range(THREADS * 50)
    ]


def test_a_server_bears_everything_at_once():
    """Routes come and go, threads ask, count, collect garbage, and drop servers with their handlers."""
    collected = []
    with Server(port=0, workers=2) as server:
        server.fallback(lambda request: {"path": request.path, "agent": request.headers.get("user-agent")})

        def ask():
            return {request(server, f"/{number % 7}").status for number in range(150)}

        def change():
            for number in range(60):
                prepared = Response(201, b"rule")
                server.rule(f"/{number % 7}", prepared)
                server.route(f"/{number % 5}")(lambda request: (202, request.query.get("a", "")))
                server.fallback(lambda request: iter(["a", "b"]))
                if number % 10 == 9:
                    server.clear_routes()

        def count():
            for _ in range(100):
                server.stats()
                server.worker_stats()
                assert "<Server running" in repr(server)

        def collect():
            for _ in range(15):
                gc.collect()

        def drop():
            for _ in range(15):
                other = Server(port=0, workers=1)
                other.route("/x")(lambda request, other=other: repr(other))
                other.start()
                collected.append(request(other, "/x").status)

        said = at_once(ask, ask, ask, change, count, collect, drop)
    assert said[0] <= {200, 201, 202} and said[1] <= {200, 201, 202}, said
    assert said[3:] == [None] * 4, said
    assert collected == [200] * 15


def test_expectations_that_are_met_at_once_are_counted_right():
    with testing.Server(port=0, workers=2) as server:
        server.expect("/x", times=THREADS * 20).respond_with_data("x")

        def ask():
            return [request(server, "/x").status for _ in range(20)]

        said = at_once(*[ask] * THREADS)
        assert said == [[200] * 20] * THREADS
        assert request(server, "/x").status == 500
        assert len(server.log) == THREADS * 20 + 1
        with pytest.raises(AssertionError, match="times: expected no more than 160"):
            server.check()
