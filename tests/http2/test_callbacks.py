"""Callbacks and uploads of a C program over HTTP/2."""

import subprocess
from pathlib import Path

import pytest
from http2.conftest import Client

from support.compile import c_program
from support.deadline import PATIENCE


@pytest.fixture
def client():
    program = c_program(Path(__file__).with_name("host.c"), library=True)
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        host, port = process.stdout.readline().strip().rsplit(":", 1)
        client = Client((host, int(port)))
        yield client
        client.close()
        process.communicate("\n", timeout=PATIENCE)
        assert process.returncode == 0
    finally:
        process.kill()
        process.wait()


def test_a_callback_sees_the_request_and_its_body(client):
    answer = client.get("/echo", "POST", body=b"x" * 100_000, host="ads.example")
    assert (answer.status, answer.body) == (200, b"1 ads.example 100000")


def test_uploads_arrive_in_pieces_beside_each_other(client):
    # Twice the window of a stream each, so that both have to be given room.
    streams = [client.ask("/upload", "PUT", end=False) for _ in range(2)]
    for _ in range(13):
        for stream in streams:
            client.send(stream, b"y" * 10_000)
    for stream in streams:
        client.send(stream, b"z", end=True)
        assert client.answer(stream).body == b"130001 1"


def test_an_upload_that_is_reset_leaves_the_connection_as_it_was(client):
    stream = client.ask("/upload", "PUT", end=False)
    client.send(stream, b"y" * 10_000)
    client.h2.reset_stream(stream)
    client.flush()
    assert client.get("/upload", "PUT", body=b"abc").body == b"3 0"
