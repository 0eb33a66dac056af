"""What visitors notice of clients that stall or leave in the middle of the handshake, over and over."""

import subprocess
import time

import measure
from measure import CLIENT_CORE, Failed, HERE, Load
from peers import Peer, c_program
from support import proc
from support.deadline import eventually

STALLING, RATE, SECONDS = 1000, 500, 60
VISITS = Load(connections=1, tls="full")


def stalls(peer: Peer, seconds: float = SECONDS) -> dict:
    """The p99 of visits (a handshake and an answer) with them and without; what stays of them afterwards."""
    program = c_program(HERE / "client" / "stall.c", optimise=True, extra=("-lssl", "-lcrypto"))
    with measure.running(peer) as server:
        measure.client(server.port, VISITS, 0.2)
        descriptors = proc.open_descriptors(server.process.pid)
        alone = measure.client(server.port, VISITS, seconds / 4)
        # They live a little longer than the visits, so that none of these is without them.
        command = ["taskset", "-c", CLIENT_CORE, str(program), str(server.port), "--connections", str(STALLING)]
        command += ["--rate", str(RATE), "--seconds", str(seconds + 1)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stallers:
            if stallers.stdout.readline().strip() != "full":
                raise Failed("stall.c could not connect")
            beside = measure.client(server.port, VISITS, seconds)
            made = int(stallers.communicate()[0])
        if stallers.returncode != 0 or made < STALLING + RATE * seconds * 0.9:
            raise Failed(f"only {made} of them came")
        try:
            eventually(lambda: proc.open_descriptors(server.process.pid) <= descriptors, "all descriptors closed", 10)
        except AssertionError as late:
            raise Failed(str(late)) from None
        before, begun = server.cpu()[0], time.monotonic()
        time.sleep(2)  # what a server with nothing to do takes
        idle = (server.cpu()[0] - before) / (time.monotonic() - begun)
    left = {"stalled": made, "idle_percent": idle * 100}
    latency = {"p50_us": beside["p50_us"], "p99_us": beside["p99_us"], "alone_p99_us": alone["p99_us"]}
    return latency | left | {"stall_ratio": beside["p99_us"] / alone["p99_us"]}
