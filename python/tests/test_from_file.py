"""Servers with options of a file."""

import pytest
from conftest import request

from http_responder import ConfigError, Server


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "server.toml"
    path.write_text('port = 0\nworkers = 2\nkeep_alive_timeout = "7s"\ncors = false\n')
    return path


def test_a_file_says_the_options(file):
    with Server.from_file(file) as server:
        assert server.options["keep_alive_timeout"] == "7s"
        assert server.options["workers"] == "2"
        assert request(server).status == 200


def test_keywords_hold_where_they_say_otherwise(file):
    server = Server.from_file(str(file), workers=1)
    assert (server.options["workers"], server.options["cors"]) == ("1", "off")


def test_a_subclass_makes_its_own(file):
    class Mine(Server):
        pass

    assert type(Mine.from_file(file)) is Mine


def test_a_file_with_a_mistake_is_told_with_its_place(file):
    file.write_text("port = 0\nwrokers = 2\n")
    with pytest.raises(ConfigError, match=r"server\.toml:2.*wrokers"):
        Server.from_file(file)


def test_reload_reads_the_file_again(file):
    with Server.from_file(file) as server:
        assert "Access-Control-Allow-Origin" not in request(server).headers
        file.write_text("port = 0\ncors = true\n")
        server.reload()
        answer = request(server, headers={"Origin": "http://a.example"})
        assert "Access-Control-Allow-Origin" in answer.headers
