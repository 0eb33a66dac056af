"""What is answered over HTTP/1 is answered over HTTP/2."""

import shutil
import subprocess

import httpx
import pytest
from http2.conftest import Client

from support.deadline import PATIENCE


def test_a_default_answer_has_its_fields_in_lower_case_and_none_of_the_connection(served):
    client, server = served()
    answer = client.get("/a.gif")
    assert (answer.status, answer.headers["content-type"], len(answer.body)) == (200, "image/gif", 43)
    assert int(answer.headers["content-length"]) == 43 and "date" in answer.headers
    assert not {"connection", "transfer-encoding", "keep-alive"} & set(answer.headers)
    stats = server.stats()
    assert (stats["http2_connections"], stats["requests_handled"], stats["connections_open"]) == (1, 1, 1)


def test_many_streams_at_once_are_all_answered(served):
    client, server = served()
    streams = [client.ask(f"/{at}.js") for at in range(100)]
    assert {client.answer(stream).status for stream in streams} == {200}
    assert server.stats()["requests_handled"] == 100


def test_head_has_no_body_and_an_unknown_method_is_refused(served):
    client, _ = served()
    answer = client.get("/a.gif", "HEAD")
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, "43", b"")
    assert client.get("/", "BREW").status == 501
    assert client.get("/a.gif").status == 200, "the connection goes on"


def test_a_body_of_a_known_length_or_not_is_taken(served):
    client, _ = served()
    body = b"x" * 200_000
    assert client.get("/x", "POST", [("content-length", str(len(body)))], body).status in (200, 204)
    assert client.get("/x", "POST", (), body).status in (200, 204)


def test_limits_are_those_of_http_1(served):
    client, server = served("--max-body", "1k", "--max-body-memory", "1k")
    answer = client.get("/x", "POST", [("content-length", "5000")], b"x" * 5000)
    assert answer.status == 413
    assert client.get("/" + "a" * 9000).status == 414
    assert client.get("/", headers=[("x", "a" * 10_000), ("y", "b" * 10_000)]).status == 431
    assert client.get("/", headers=[("expect", "tea")], method="POST", body=b"x").status == 417
    stats = server.stats()
    for name in ("body_too_large", "target_too_long", "head_too_large", "expectation"):
        assert stats[f"refused_{name}"] == 1, name


def test_a_body_that_stalls_is_a_408_and_other_streams_go_on(served):
    client, server = served("--body-timeout", "300ms")
    stalled = client.ask("/x", "POST", [("content-length", "10")], end=False)
    assert client.get("/a.gif").status == 200
    assert client.answer(stalled).status == 408
    assert client.get("/a.gif").status == 200
    assert server.stats()["timeouts_body"] == 1


def test_the_rate_of_a_client_is_limited(served):
    limits = ("--limit-loopback", "--rate-per-client", "1", "--burst-per-client", "2")
    client, _ = served(*limits, allow=["rate_per_client"])
    assert [client.get("/a.gif").status for _ in range(3)] == [200, 200, 429]


def test_it_can_be_off(served, start):
    server = start("--no-http2")
    with pytest.raises(httpx.HTTPError), httpx.Client(http1=False, http2=True) as client:
        client.get(f"{server.url}/")
    assert server.stats()["refused_protocol"] == 1


def test_over_tls_it_is_agreed_on_and_http_1_is_still_there(start, authority):
    server = start("--tls-port", "0", "--ca-dir", str(authority.folder))
    client = Client(server.addresses[1], trust=authority.certificate)
    assert client.socket.selected_alpn_protocol() == "h2"
    streams = [client.ask("/a.gif") for _ in range(50)]
    assert {client.answer(stream).status for stream in streams} == {200}
    client.close()
    url = f"https://127.0.0.1:{server.addresses[1][1]}/a.gif"
    for http2, version in ((True, "HTTP/2"), (False, "HTTP/1.1")):
        with httpx.Client(http2=http2, verify=False) as client:
            assert client.get(url).http_version == version
    assert server.stats()["http2_connections"] == 2


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_curl_by_prior_knowledge(start):
    server = start()
    argv = ["curl", "-s", "--http2-prior-knowledge", "-w", "%{http_version} %{http_code}", "-o", "/dev/null"]
    done = subprocess.run([*argv, f"{server.url}/a.gif"], capture_output=True, text=True, timeout=PATIENCE)
    if "does not support" in done.stderr:
        pytest.skip("this curl speaks no HTTP/2")
    assert done.stdout == "2 200"


def test_the_access_log_says_http_2(served, tmp_path):
    log = tmp_path / "log"
    client, server = served("--access-log", str(log))
    assert client.get("/a.gif?x").status == 200
    server.counted("access_log_written")
    assert '"GET /a.gif?x HTTP/2.0" 200' in log.read_text()


def test_a_drain_says_which_requests_are_the_last_and_answers_them(served):
    client, server = served()
    assert client.get("/a.gif").status == 200
    server.signal(15)
    client.until(lambda: client.goaway is not None)
    while client.receive():
        pass
    assert client.goaway == 0
    assert server.wait() == 0


def test_max_requests_ends_the_connection_gently(served):
    client, server = served("--max-requests", "3")
    assert [client.get("/a.gif").status for _ in range(3)] == [200] * 3
    while client.receive():
        pass
    assert client.goaway == 0
    assert server.stats()["connections_max_requests"] == 1


def test_who_is_idle_is_told_and_closed(served):
    client, server = served("--keep-alive-timeout", "300ms")
    assert client.get("/a.gif").status == 200
    while client.receive():
        pass
    assert client.goaway == 0
    assert server.stats()["timeouts_keepalive"] == 1
