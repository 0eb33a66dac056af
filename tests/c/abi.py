"""What the ABI is, as lines, and which changes of it break a program that was built before.

usage: abi.py current HEADER LIBRARY    writes the lines
       abi.py breaks OLD NEW            writes what breaks, one a line; the exit status is 1 if anything does
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

GROWS = "struct_size"
"""A struct whose first member has this name says how large the program's own is: it may grow at its end."""


def without_comments(text: str) -> str:
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)


def layout_program(text: str) -> str:
    """A C program that writes sizes, offsets and numbers as the compiler sees them."""
    lines = ["#include <http_responder.h>", "#include <stdio.h>", "int main(void) {"]
    for name, body in re.findall(r"enum (hr_\w+)[^{;]*\{(.*?)\};", text, re.DOTALL):
        lines.append(f'printf("type {name} %zu\\n", sizeof({name}));')
        for value in re.findall(r"\b(HR_\w+)\s*=", body):
            lines.append(f'printf("value {value} %lld\\n", (long long){value});')
    for body, name in re.findall(r"typedef struct(?: \w+)? \{(.*?)\} (hr_\w+);", text, re.DOTALL):
        lines.append(f'printf("struct {name} %zu\\n", sizeof({name}));')
        for member in re.findall(r"(\w+);", body):
            of = f"(({name} *)0)->{member}"
            lines.append(f'printf("member {name}.{member} %zu %zu\\n", offsetof({name}, {member}), sizeof({of}));')
    for value in re.findall(r"#define (HR_\w+) \d+", text):
        lines.append(f'printf("value {value} %lld\\n", (long long){value});')
    return "\n".join([*lines, "return 0;", "}"])


def prototypes(text: str) -> list[str]:
    """Functions and callbacks with the types that they take and give, the names of parameters left out."""
    found = []
    text = re.sub(r"\s+", " ", re.sub(r"#[^\n]*", "", text))
    for statement in re.split(r"[;{}]", text):
        function = re.fullmatch(r"\s*((?:const )?\w[\w ]*?[ *]+)(hr_\w+)\((.*)\)\s*", statement)
        callback = re.fullmatch(r"\s*typedef (.*?)\(\*(hr_\w+)\)\((.*)\)\s*", statement)
        for kind, match in (("function", function), ("callback", callback)):
            if match and not match[1].lstrip().startswith("typedef"):
                types = ", ".join(re.sub(r"\b\w+(?=(\[\])?$)", "", one.strip()).strip() if " " in one.strip() else one.strip()
                                  for one in match[3].split(","))  # fmt: skip
                found.append(f"{kind} {match[2]} {match[1].strip()}({types})")
    return found


def current(header: Path, library: Path) -> list[str]:
    text = without_comments(header.read_text())
    nm = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True)
    symbols = sorted(f"symbol {line.split()[2]}" for line in nm.stdout.splitlines())
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "layout.c"), Path(folder, "layout")
        source.write_text(layout_program(text))
        compiler = os.environ.get("CC", "cc").split()
        subprocess.run([*compiler, "-std=c11", f"-I{header.parent}", source, "-o", program], check=True)
        layout = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()
    return symbols + prototypes(text) + layout


def breaks(old: list[str], new: list[str]) -> list[str]:
    """The lines of `old` that a program built before relies on and that are not so any more."""

    def by_name(lines: list[str]) -> dict[tuple[str, str], str]:
        return {(words[0], words[1]): (words[2] if len(words) > 2 else "") for line in lines if (words := line.split(" ", 2))}

    before, after = by_name(old), by_name(new)
    broken = []
    for (kind, name), was in before.items():
        now = after.get((kind, name))
        may_grow = kind == "struct" and ("member", f"{name}.{GROWS}") in before
        # The number of the ABI itself is what a break has to change.
        if name == "HR_ABI_VERSION" or now == was or (may_grow and now is not None and int(now) > int(was)):
            continue
        broken.append(f"{kind} {name} {was}".rstrip() + (" is gone" if now is None else f" is {now} now"))
    return broken


def main(command: str, first: str, second: str) -> int:
    if command == "current":
        print("\n".join(current(Path(first), Path(second))))
        return 0
    broken = breaks(Path(first).read_text().splitlines(), Path(second).read_text().splitlines())
    print("\n".join(broken))
    return 1 if broken else 0


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("current", "breaks"):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
