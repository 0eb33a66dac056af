"""The four faces of options: each says a value and tells what came of it."""

import json
import subprocess
from pathlib import Path

import http_responder
from parity.samples import BESIDE
from support.compile import c_program
from support.paths import BINARY

CONFIG_ERROR = http_responder.ConfigError.code


class Refused(Exception):
    """The text of an error."""


class C:
    """hr_config_*, through options.c."""

    def __init__(self):
        program = c_program(Path(__file__).with_name("options.c"), library=True)
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def ask(self, *fields: str) -> str:
        """One command; its answer, or `Refused`."""
        self.process.stdin.write("\t".join(fields) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().rstrip("\n")
        if answer.startswith("error "):
            _, number, text = answer.split(" ", 2)
            assert int(number) == CONFIG_ERROR, answer
            raise Refused(text)
        assert answer == "ok" or answer.startswith("ok "), f"options.c said {answer!r}"
        return answer[3:]

    def said(self, name: str, *command: str) -> str:
        """What the option `name` is after `command`."""
        self.ask("new")
        self.ask(*command)
        return self.ask("get", name)

    def close(self) -> None:
        """Ends the program, which has to be content."""
        self.process.stdin.close()
        assert self.process.wait(20) == 0
        self.process.stdout.close()


def python(**options) -> str:
    """The canonical value of the one option given to `Server`."""
    (name,) = options
    try:
        return http_responder.Server(**BESIDE.get(name, {}), **options).options[name]
    except http_responder.ConfigError as error:
        raise Refused(str(error)) from None


def binary(*arguments: str) -> str:
    """The only line that the binary writes when it refuses its arguments."""
    argv = [BINARY, "--port", "0", "--address", "127.0.0.1", *arguments]
    done = subprocess.run(argv, capture_output=True, encoding="utf-8", timeout=20)
    assert (done.returncode, done.stdout) == (2, ""), (
        f"{done.returncode}: {done.stdout}{done.stderr}"
    )
    (line,) = done.stderr.splitlines()
    assert line.startswith("http_responder_mt: ") and line.endswith(", try --help"), line
    return line.removeprefix("http_responder_mt: ").removesuffix(", try --help")


def toml_text(text: str) -> str:
    """`text` as a TOML string, which JSON's escapes are too."""
    return json.dumps(text)


def flag(name: str) -> str:
    """The option on the command line."""
    return f"--{name.replace('_', '-')}"
