"""What the process gives away once its sockets are bound."""

import errno
import os
import pwd
import re
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from support.client import get
from support.compile import c_program
from support.deadline import eventually
from support.paths import BINARY
from support.server import ServerProcess, binary_argv

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def status(pid: int) -> dict[str, str]:
    """What the kernel says of the process' first thread."""
    return dict(re.findall(r"^(\w+):\t(.*)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE))


def threads(pid: int) -> list[Path]:
    return list(Path(f"/proc/{pid}/task").iterdir())


@as_root
def test_the_process_becomes_the_user_for_good(start):
    nobody = pwd.getpwnam("nobody")
    server = start("--user", "nobody")
    found = status(server.pid)
    assert found["Uid"].split() == [str(nobody.pw_uid)] * 4
    assert found["Gid"].split() == [str(nobody.pw_gid)] * 4
    assert found["Groups"].split() == [str(nobody.pw_gid)]
    assert int(found["CapEff"], 16) == int(found["CapPrm"], 16) == 0
    assert get(server.address, "/a.gif").status == 200
    # Every thread, not only the first.
    for thread in threads(server.pid):
        assert f"Uid:\t{nobody.pw_uid}\t{nobody.pw_uid}" in (thread / "status").read_text()


@as_root
def test_the_group_may_be_another(start):
    found = status(start("--user", "nobody", "--group", "daemon").pid)
    assert found["Gid"].split()[0] == found["Groups"].strip() == "1"


def run(*options: str) -> subprocess.CompletedProcess:
    argv = [BINARY, "0", "127.0.0.1", "--max-connections", "10", *options]
    return subprocess.run(argv, capture_output=True, text=True, timeout=30)


def test_a_user_that_is_not_there_is_told():
    done = run("--user", "no-such-user")
    assert done.returncode == 1 and 'user: expected the name of a user, got "no-such-user"' in done.stderr


@as_root
def test_who_is_not_root_cannot_become_somebody():
    argv = [BINARY, "0", "127.0.0.1", "--max-connections", "10", "--user", "daemon"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, user=65534, group=65534, extra_groups=[])
    assert done.returncode == 1 and "user: cannot become it: Operation not permitted" in done.stderr


def test_no_new_privileges_and_a_filter_for_every_thread(start):
    server = start()
    for thread in threads(server.pid):
        text = (thread / "status").read_text()
        assert "NoNewPrivs:\t1" in text and "Seccomp:\t2" in text, thread
    off = start("--sandbox", "off")
    assert "Seccomp:\t0" in Path(f"/proc/{off.pid}/status").read_text()


def test_everything_that_an_operator_does_works_inside(start, tmp_path):
    rules, path = tmp_path / "rules.toml", tmp_path / "socket"
    rules.write_text('[[rule]]\nbody = "old"\n')
    server = start("--rules", str(rules), "--listen", f"unix:{path}", allow=["error: reload"], workers=4)
    rules.write_text('[[rule]]\nbody = "new"\ndelay = "20ms"\n')
    server.signal(signal.SIGHUP)
    eventually(lambda: get(server.address, "/").body == b"new", "the new rule")
    rules.write_text("[[")
    server.signal(signal.SIGHUP)
    eventually(lambda: server.messages(), "what is wrong with it")
    assert server.stats()["requests_handled"] > 0
    assert get(str(path), "/").body == b"new"
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert not path.exists(), "its socket is removed"


def test_no_file_can_be_written_outside_of_the_logs_folder(start, tmp_path):
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.mkdir()
    log = own / "access.log"
    server = start("--access-log", str(log), "--log-level", "info", allow=["info: ", "access_log: .*Permission denied"])
    if any("no Landlock here" in line for line in server.messages()):
        pytest.skip("this kernel has no Landlock")
    log.rename(own / "access.log.1")
    server.signal(signal.SIGHUP)
    eventually(log.exists, "inside it is made anew")
    log.unlink()
    log.symlink_to(other / "elsewhere.log")
    server.signal(signal.SIGHUP)
    eventually(lambda: any("Permission denied" in line for line in server.messages()), "outside it is refused")
    assert list(other.iterdir()) == []
    assert get(server.address, "/a.gif").status == 200


@pytest.fixture
def folder_of_root():
    """A folder that nobody else may look into; what is above it is open, as pytest's own folders are not."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@as_root
def test_what_cannot_be_read_again_is_told_at_the_start(start, folder_of_root):
    hidden = folder_of_root
    rules = hidden / "rules.toml"
    rules.write_text('[[rule]]\nbody = "x"\n')
    told = rf"rules: {rules}: Permission denied .*: nobody cannot read it again, so every reload will fail"
    server = start("--user", "nobody", "--rules", str(rules), allow=[told])
    eventually(lambda: any(re.search(told, line) for line in server.messages()), "it is told")
    assert get(server.address, "/").body == b"x"
    hidden.chmod(0o755)
    start("--user", "nobody", "--rules", str(rules))


@as_root
def test_a_group_alone_leaves_root_and_says_so(start):
    told = "group: without the option user the server goes on as root"
    server = start("--group", "daemon", allow=[told])
    eventually(lambda: any(told in line for line in server.messages()), "it is told")


def test_who_takes_over_a_thread_gets_no_further():
    library = c_program(Path(__file__).with_name("intruder.c"), preloaded=True)
    server = ServerProcess(["env", f"LD_PRELOAD={library}", *binary_argv(workers=1)])
    try:
        assert get(server.address, "/a.gif").status == 200
        said = lambda: [line for line in server.messages() if line.startswith("intruder: ")]  # noqa: E731
        eventually(lambda: len(said()) == 4, "all was tried")
        assert said() == [f"intruder: {call} {errno.EPERM}" for call in ("execve", "ptrace", "mount", "unshare")]
        assert get(server.address, "/a.gif").status == 200
        server.stop(allow=("intruder: ",))
    finally:
        server.kill()
