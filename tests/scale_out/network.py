"""Hosts of a network of our own: network namespaces on one bridge. Needs root and iproute2."""

import os
import subprocess


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Network:
    """A bridge in a namespace of its own, and hosts on it: 198.51.100.0/24, which is for documentation."""

    def __init__(self):
        self.prefix = f"hr{os.getpid()}"
        self.hosts: list[str] = []
        self.processes: list[subprocess.Popen] = []
        self._add_namespace("net")
        ip("-n", self.name("net"), "link", "add", "bridge", "type", "bridge")
        ip("-n", self.name("net"), "link", "set", "bridge", "up")

    def name(self, host: str) -> str:
        return f"{self.prefix}-{host}"

    def _add_namespace(self, host: str) -> None:
        ip("netns", "add", self.name(host))
        self.hosts.append(host)
        ip("-n", self.name(host), "link", "set", "lo", "up")

    def add(self, host: str, number: int) -> str:
        """A host on the bridge; its address."""
        address = f"198.51.100.{number}"
        self._add_namespace(host)
        net, own = self.name("net"), self.name(host)
        ip("-n", net, "link", "add", host, "type", "veth", "peer", "name", "eth0", "netns", own)
        ip("-n", net, "link", "set", host, "master", "bridge", "up")
        ip("-n", own, "addr", "add", f"{address}/24", "dev", "eth0")
        ip("-n", own, "link", "set", "eth0", "up")
        return address

    def run(self, host: str, *argv: str, **how) -> subprocess.Popen:
        """A process on a host; its pid is that of the program."""
        process = subprocess.Popen(["ip", "netns", "exec", self.name(host), *map(str, argv)], **how)
        self.processes.append(process)
        return process

    def close(self) -> None:
        for process in reversed(self.processes):
            if process.poll() is None:
                process.kill()
            process.wait()
        for host in self.hosts:
            subprocess.run(["ip", "netns", "delete", self.name(host)], capture_output=True)
