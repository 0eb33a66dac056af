"""The exceptions."""

import pickle

import pytest

import http_responder
from http_responder import BindError, ConfigError, Error, InvalidArgument, Response, Server

CODES = {
    "InvalidArgument": 1,
    "ConfigError": 2,
    "BindError": 3,
    "StateError": 4,
    "Gone": 5,
    "Timeout": 8,
}


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_each_kind_is_an_error_with_the_number_of_the_c_interface(name, code):
    kind = getattr(http_responder, name)
    assert issubclass(kind, Error)
    assert kind.code == code
    assert kind("text").code == code
    assert str(kind("text")) == "text"


def test_kinds_that_python_knows_are_those_too():
    assert issubclass(InvalidArgument, ValueError)
    assert issubclass(ConfigError, ValueError)
    assert issubclass(http_responder.Timeout, TimeoutError)


def test_a_raised_error_has_code_and_text():
    with pytest.raises(InvalidArgument) as raised:
        Response(700)
    assert raised.value.code == 1
    assert "700" in str(raised.value)


def test_errors_survive_pickling():
    copy = pickle.loads(pickle.dumps(ConfigError("workers: bad")))
    assert type(copy) is ConfigError
    assert (str(copy), copy.code) == ("workers: bad", 2)


def test_a_port_that_is_taken_is_a_bind_error_naming_the_address(server):
    with pytest.raises(BindError, match=str(server.port)) as raised:
        Server(port=server.port).start()
    assert raised.value.code == 3
