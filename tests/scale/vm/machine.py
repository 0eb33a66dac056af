"""The virtual machine: a kernel, an initramfs with the server and the client, and its console."""

import gzip
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("HR_BUILD", HERE.parents[2] / "build")).resolve()
WORK = BUILD / "scale"


class Missing(Exception):
    """Something that this machine does not have; the text says what."""


class Failed(Exception):
    """The machine did not do what it was started for."""


def kernel() -> Path:
    """Debian's cloud kernel: everything that is needed is built in. Fetched by install.sh."""
    found = sorted([*WORK.glob("boot/vmlinuz-*cloud-amd64"), *Path("/boot").glob("vmlinuz-*cloud-amd64")])
    if not found:
        raise Missing("a kernel (package linux-image-cloud-amd64)")
    return found[0]


def tool(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise Missing(f"{name} (package {package})")
    return path


def libraries(binary: Path) -> list[Path]:
    """The shared libraries that it is started with, the loader among them."""
    words = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout.split()
    return [Path(word) for word in words if word.startswith("/")]


def initramfs() -> Path:
    """Written anew each time: it is small."""
    files = {"init": HERE / "init", "bin/busybox": Path(tool("busybox", "busybox-static"))}
    server = BUILD / "http_responder_mt"
    if not server.exists():
        raise Missing(f"{server.name} (make)")
    client = WORK / "client"
    WORK.mkdir(parents=True, exist_ok=True)
    if not Path("/usr/include/openssl/ssl.h").exists():
        raise Missing("OpenSSL's headers (package libssl-dev)")
    # That names could not be looked up without shared libraries is said by the linker: none is.
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-static", HERE / "client.c",
                    "-o", client, "-lssl", "-lcrypto", "-Wl,--no-warnings"], check=True)  # fmt: skip
    files |= {"bin/http_responder_mt": server, "bin/client": client}
    files |= {str(path).lstrip("/"): path for path in libraries(server)}
    path = WORK / "initramfs"
    archive = Archive()
    for folder in sorted({str(parent) for name in files for parent in Path(name).parents} - {"."}, key=len):
        archive.add(folder, 0o040755)
    archive.add("dev", 0o040755)
    # The kernel wants a console before devtmpfs is there.
    archive.add("dev/console", 0o020600, device=(5, 1))
    for name, source in files.items():
        archive.add(name, 0o100755, source.read_bytes())
    path.write_bytes(gzip.compress(archive.done(), 1))
    return path


class Archive:
    """cpio in the format newc, as the kernel takes it (Documentation/driver-api/early-userspace/buffer-format.rst)."""

    def __init__(self):
        self.octets = bytearray()
        self.count = 0

    def add(self, name: str, mode: int, data: bytes = b"", device: tuple[int, int] = (0, 0)) -> None:
        self.count += 1
        numbers = [self.count, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0]
        self.octets += b"070701" + b"".join(b"%08X" % number for number in numbers) + name.encode() + b"\0"
        self._pad()
        self.octets += data
        self._pad()

    def done(self) -> bytes:
        self.add("TRAILER!!!", 0)
        return bytes(self.octets)

    def _pad(self) -> None:
        self.octets += bytes(-len(self.octets) % 4)


def memory_mb(connections: int, tls: bool) -> int:
    """What the machine needs: some 11 kB of the kernel's memory for the two ends of a connection, and
    half as much again while all of them close at once; with TLS the sessions of both."""
    return 768 + connections * (48 if tls else 16) // 1000


def free_mb() -> int:
    fields = dict(line.split(":") for line in open("/proc/meminfo"))
    return int(fields["MemAvailable"].split()[0]) // 1024


def run(connections: int, tls: bool, workers: int, patience: float) -> Iterator[str]:
    """Boots it and gives its console line by line until it powers itself off. `patience` is seconds in all."""
    qemu = tool("qemu-system-x86_64", "qemu-system-x86")
    needs, has = memory_mb(connections, tls), free_mb()
    if needs > has:
        raise Missing(f"{needs:,} MB of free memory for {connections:,} connections: it has {has:,}")
    log = WORK / f"console-{connections}{'-tls' if tls else ''}"
    command = [
        qemu, "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", str(needs), "-nodefaults", "-no-reboot", "-display", "none",
        "-serial", "stdio", "-kernel", kernel(), "-initrd", initramfs(),
        "-append", f"console=ttyS0 quiet panic=-1 mitigations=off connections={connections} workers={workers} tls={tls:d}",
    ]  # fmt: skip
    end = time.monotonic() + patience
    with open(log, "w") as copy, subprocess.Popen(
        [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        watchdog = _kill_at(process, end)
        try:
            for line in process.stdout:
                copy.write(line)
                copy.flush()
                yield line.strip()
        finally:
            watchdog.cancel()
            process.kill()
    if time.monotonic() >= end:
        raise Failed(f"not done after {patience:.0f} s; its console is in {log.name}")


def _kill_at(process: subprocess.Popen, end: float):
    from threading import Timer

    timer = Timer(end - time.monotonic(), process.kill)
    timer.daemon = True
    timer.start()
    return timer
