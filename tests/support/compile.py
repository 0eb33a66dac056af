"""Small C programs of the tests, built when they are older than their source."""

import os
import subprocess
from pathlib import Path

from .paths import BUILD, REPO

WARNINGS = ["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def c_program(
    source: Path,
    *,
    library: bool = False,
    optimise: bool = False,
    preloaded: bool = False,
    extra: tuple[str, ...] = (),
) -> Path:
    """The path of the built program; `library` links it against libhttp_responder, `extra` against what it says;
    `preloaded` makes a library to be preloaded instead."""
    name = f"{source.parent.name}_{source.stem}" + (".so" if preloaded else "")
    target = BUILD / "tests" / name
    inputs = [source]
    if library:
        inputs.append(REPO / "include" / "http_responder.h")
    if target.exists() and all(target.stat().st_mtime > path.stat().st_mtime for path in inputs):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(f"{name}.{os.getpid()}")
    command = ["cc", *WARNINGS, "-O2" if optimise else "-O1", "-g", "-o", str(scratch), str(source)]
    if library:
        folder = BUILD / "lib"
        command += [f"-I{REPO / 'include'}", f"-L{folder}", f"-Wl,-rpath,{folder}", "-lhttp_responder"]
    if preloaded:
        command += ["-shared", "-fPIC", "-Wno-pedantic", "-ldl"]
    command += extra
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{source.name} does not build:\n{done.stderr}"
    scratch.rename(target)  # whole or not at all, also with several test processes
    return target
