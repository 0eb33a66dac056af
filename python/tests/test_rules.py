"""Rules from a file."""

import pytest
from conftest import request

from http_responder import ConfigError, Response, Server


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text('[[rule]]\npath = "/file"\nbody = "of the file"\n')
    return path


def test_rules_of_an_option_answer_without_entering_python(rules):
    with Server(port=0, workers=1, rules=rules) as server:
        assert request(server, "/file").body == b"of the file"
        assert server.stats()["rules_matched"] == 1


def test_rules_are_loaded_and_replaced_while_it_runs(rules):
    with Server(port=0, workers=1, default_answers=False) as server:
        assert request(server, "/file").status == 404
        server.load_rules(rules)
        assert request(server, "/file").body == b"of the file"
        rules.write_text('[[rule]]\nbody = "of all"\n')
        server.reload()
        assert request(server, "/file").body == b"of all"


def test_what_the_program_says_itself_is_asked_first(rules):
    with Server(port=0, workers=1, rules=rules) as server:
        server.rule("/file", Response(200, "of the program"))
        assert request(server, "/file").body == b"of the program"


def test_every_mistake_is_told_and_nothing_changes(rules):
    with Server(port=0, workers=1, rules=rules) as server:
        rules.write_text('[[rule]]\nbody = 1\n[[rule]]\nhost = "a b"\nbody = ""\n')
        for change in (server.reload, lambda: server.load_rules(str(rules))):
            with pytest.raises(ConfigError) as raised:
                change()
            lines = str(raised.value).splitlines()
            assert len(lines) == 2 and lines[0].startswith(f"{rules}:2:8: rule 1, body: expected")
        assert request(server, "/file").body == b"of the file"
    with pytest.raises(ConfigError):
        Server(rules=rules)
