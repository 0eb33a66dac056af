"""Options as keyword arguments."""

import pathlib
import subprocess
import sys
from datetime import timedelta

import pytest

import http_responder
from http_responder import ConfigError, Server

TOOL = pathlib.Path(__file__).parent.parent / "tools" / "options.py"


def canonical(**options):
    (name,) = options
    return Server(**options).options[name]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"keep_alive_timeout": 10}, "10s"),
        ({"keep_alive_timeout": 1.5}, "1500ms"),
        ({"keep_alive_timeout": "1m30s"}, "90s"),
        ({"keep_alive_timeout": timedelta(minutes=2)}, "2m"),
        ({"keep_alive_timeout": None}, "off"),
        ({"max_body": 65536}, "64k"),
        ({"max_body": "64k"}, "64k"),
        ({"cors": False}, "off"),
        ({"cors": True}, "on"),
        ({"cors": "off"}, "off"),
        ({"workers": 3}, "3"),
        ({"workers": None}, "auto"),
        ({"port": 0}, "0"),
        ({"port": None}, ""),
        ({"listen": ["127.0.0.1:0", "[::1]:0"]}, "127.0.0.1:0,[::1]:0"),
        ({"listen": ("127.0.0.1:0",)}, "127.0.0.1:0"),
        ({"listen": []}, ""),
        ({"listen": "127.0.0.1:0"}, "127.0.0.1:0"),
        ({"server_name": "x"}, "x"),
        ({"accept": "reuseport"}, "reuseport"),
    ],
)
def test_natural_values_become_canonical_text(options, text):
    assert canonical(**options) == text


def test_what_is_not_said_has_its_default():
    defaults = {option["name"]: option["default"] for option in http_responder.options()}
    assert Server().options == defaults
    assert list(Server().options) == list(defaults), "the order of the table"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"keep_alive_timeout": "ten"}, 'expected a duration such as 10s, got "ten"'),
        ({"keep_alive_timeout": -1.5}, 'expected a duration such as 10s, got "-1.5"'),
        ({"keep_alive_timeout": float("nan")}, 'expected a duration such as 10s, got "NaN"'),
        ({"keep_alive_timeout": 1e-7}, 'got "0.0000001"'),
        ({"workers": 0}, 'expected a number from 1 to 1024 or auto, got "0"'),
        ({"workers": 1.0}, 'got "1.0"'),
        ({"workers": True}, 'got "true"'),
        ({"workers": [1, 2]}, 'got "1,2"'),
        ({"worker_stall": None}, 'got "off"'),
        ({"cors": 7}, 'expected on or off, got "7"'),
        ({"max_body": {}}, 'got "{}"'),
        ({"max_body": b"1k"}, "expected str, not bytes, got b'1k'"),
        ({"listen": [bytearray(b"x")]}, "expected str, not bytes, got bytearray(b'x')"),
        ({"server_name": "\ud800"}, "expected text that UTF-8 can say, got '\\ud800'"),
        ({"port": 65536}, 'expected a port from 0 to 65535, got "65536"'),
    ],
)
def test_a_bad_value_is_refused_by_name_with_the_text_of_every_face(options, text):
    (name,) = options
    with pytest.raises(ConfigError) as refused:
        Server(**options)
    assert str(refused.value).startswith(f"{name}: expected ")
    assert str(refused.value).endswith(text)


@pytest.mark.parametrize("value", [1, None, "x"])
def test_an_unknown_option_is_refused_whatever_its_value(value):
    with pytest.raises(ConfigError, match='unknown option "wrokers", did you mean workers?'):
        Server(wrokers=value)


def test_a_name_that_is_no_text_is_an_unknown_option():
    with pytest.raises(ConfigError, match="unknown option"):
        Server(**{"\ud800": 1})


def test_options_that_contradict_each_other_are_refused():
    with pytest.raises(ConfigError, match="max_target"):
        Server(max_head="1k", max_target="8k")


def test_positional_arguments_are_refused():
    with pytest.raises(TypeError):
        Server(8080)


def test_the_generated_typed_dict_is_up_to_date():
    made = subprocess.run([sys.executable, TOOL], capture_output=True, check=True, text=True)
    installed = pathlib.Path(http_responder.__file__).with_name("_options.py")
    assert installed.read_text() == made.stdout, "run tools/options.py --write"


def test_the_typed_dict_names_every_option():
    names = [option["name"] for option in http_responder.options()]
    assert list(http_responder.Options.__annotations__) == names
