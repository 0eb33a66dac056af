"""Every option is the same by name, default, value and error wherever it is said."""

import re
import subprocess

import pytest

import http_responder
from support.paths import BINARY, REPO

from parity.faces import Refused, binary, flag, python, toml_text
from parity.samples import BAD_TEXTS, BAD_VALUES, NAMES, TABLE, sample

each_option = pytest.mark.parametrize("row", TABLE, ids=NAMES)


def refusal(call, *arguments, **options) -> str:
    with pytest.raises(Refused) as refused:
        call(*arguments, **options)
    return str(refused.value)


@pytest.fixture(scope="module")
def usage() -> dict[str, str]:
    """What --help says of each flag, on one line."""
    done = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True)
    entries = re.split(r"\n  (?=\S|    --)", done.stdout)[1:]
    found = {}
    for entry in entries:
        head, _, text = entry.partition("\n")
        for name in re.findall(r"--([a-z0-9-]+)", head):
            found[name.replace("-", "_")] = " ".join(text.split("\n\n")[0].split())
    return found


def test_help_lists_exactly_the_options_in_their_order(usage):
    assert [name for name in usage if name not in ("config", "check", "pixelserv", "help", "version")] == NAMES


@each_option
def test_help_says_the_sentence_and_the_default(usage, row):
    default = f" [default: {row['default']}]" if row["default"] else ""
    assert usage[row["name"]] == f"{row['help']}{default}"


@each_option
def test_the_documentation_says_the_sentence_and_the_default(row):
    text = (REPO / "docs" / "options.md").read_text()
    (line,) = (line for line in text.splitlines() if line.startswith(f"| `{row['name']}` |"))
    assert row["help"].replace("|", "\\|") in line
    assert flag(row["name"]) in line
    assert row["default"] in line


@each_option
def test_the_default_is_the_same(c, row):
    c.ask("new")
    assert c.ask("get", row["name"]) == row["default"]
    assert http_responder.Server().options[row["name"]] == row["default"]


@each_option
def test_a_default_may_be_said(c, row):
    assert c.said(row["name"], "set", row["name"], row["default"]) == row["default"]
    assert python(**{row["name"]: row["default"]}) == row["default"]


@each_option
def test_a_text_means_the_same(c, toml, row):
    name, value = row["name"], sample(row)
    assert value.canonical != row["default"], "the sample would show nothing"
    said = {
        "c": c.said(name, "set", name, value.text),
        "command line": c.said(name, "args", flag(name), value.text),
        "command line, one argument": c.said(name, "args", f"{flag(name)}={value.text}"),
        "file": toml(name, f"{name} = {toml_text(value.text)}"),
        "python": python(**{name: value.text}),
    }
    assert said == dict.fromkeys(said, value.canonical)


@each_option
def test_a_natural_value_means_the_same(toml, row):
    name, value = row["name"], sample(row)
    assert toml(name, f"{name} = {value.toml}") == value.canonical
    assert python(**{name: value.python}) == value.canonical


@each_option
def test_canonical_text_reads_back_as_itself(c, row):
    name, text = row["name"], sample(row).canonical
    assert c.said(name, "set", name, text) == text
    assert python(**{name: text}) == text


@pytest.mark.parametrize(
    ("row", "text"),
    [(row, text) for row in TABLE for text in BAD_TEXTS[row["kind"]]],
    ids=lambda value: repr(value[:20]) if isinstance(value, str) else value["name"],
)
def test_a_bad_text_gets_the_same_error(c, toml, row, text):
    name = row["name"]
    expected = refusal(c.said, name, "set", name, text)
    assert expected.startswith(f"{name}: expected ")
    assert refusal(python, **{name: text}) == expected
    assert refusal(c.said, name, "args", f"{flag(name)}={text}") == expected
    assert binary(f"{flag(name)}={text}") == expected
    in_file = refusal(toml, name, "# a comment", f"{name} = {toml_text(text)}")
    assert in_file == f"{toml.path}:2: {expected}"


@pytest.mark.parametrize(
    ("row", "value", "written"),
    [(row, *pair) for row in TABLE for pair in BAD_VALUES[row["kind"]]],
    ids=lambda value: value["name"] if isinstance(value, dict) else repr(value),
)
def test_a_bad_natural_value_gets_the_same_error(toml, row, value, written):
    name = row["name"]
    expected = refusal(python, **{name: value})
    assert expected.startswith(f"{name}: expected ")
    assert refusal(toml, name, f"{name} = {written}") == f"{toml.path}:1: {expected}"


@pytest.mark.parametrize("name", ["wrokers", "nonsense", "keep_alive", "PORT", ""])
def test_an_unknown_option_gets_the_same_error(c, toml, name):
    expected = refusal(c.said, "port", "set", name, "1")
    assert expected.startswith("unknown option ")
    assert refusal(python, **{name: "1"}) == expected
    assert refusal(toml, "port", f"{toml_text(name)} = 1") == f"{toml.path}:1: {expected}"


@pytest.mark.parametrize("name", ["wrokers", "nonsense", "keep_aliv_timeout"])
def test_an_unknown_flag_gets_the_same_error_in_the_spelling_of_flags(c, name):
    expected = refusal(c.said, "port", "set", name, "1").replace(f'"{name}"', f'"{flag(name)}"')
    before, hint, known = expected.partition("did you mean ")
    assert binary(f"{flag(name)}=1") == before + hint + (flag(known) if hint else "")


@pytest.mark.parametrize(
    "options",
    [{"max_head": "1k", "max_target": "8k"}, {"max_body": "2g", "max_body_memory": "1g"}],
    ids=lambda options: "+".join(options),
)
def test_options_that_contradict_each_other_get_the_same_error(c, options):
    c.ask("new")
    for name, text in options.items():
        c.ask("set", name, text)
    expected = refusal(c.ask, "check")
    with pytest.raises(http_responder.ConfigError) as refused:
        http_responder.Server(**options)
    assert str(refused.value) == expected
    assert binary(*(f"{flag(name)}={text}" for name, text in options.items())) == expected


def test_the_documentation_and_the_typed_dict_name_exactly_the_options():
    text = (REPO / "docs" / "options.md").read_text()
    assert re.findall(r"^\| `([a-z0-9_]+)` \|", text, re.MULTILINE) == NAMES
    assert list(http_responder.Options.__annotations__) == NAMES
