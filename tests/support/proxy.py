"""Headers of the PROXY protocol, as a proxy writes them."""

import ipaddress
import struct

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL, PROXY = 0x20, 0x21
UNSPEC, TCP4, TCP6, UNIX = 0x00, 0x11, 0x21, 0x31


def v1(source: str, port: int = 4711, destination_port: int = 80) -> bytes:
    """A line of version 1."""
    four = ipaddress.ip_address(source).version == 4
    family, destination = ("TCP4", "192.0.2.200") if four else ("TCP6", "2001:db8::200")
    return f"PROXY {family} {source} {destination} {port} {destination_port}\r\n".encode()


def v2(source: str | None = None, port: int = 4711, tlvs: bytes = b"", command: int = PROXY) -> bytes:
    """A header of version 2; without a source of no family."""
    if source is None:
        return raw(command, UNSPEC, tlvs)
    address = ipaddress.ip_address(source)
    destination = ipaddress.ip_address("192.0.2.200" if address.version == 4 else "2001:db8::200")
    block = address.packed + destination.packed + struct.pack(">HH", port, 80)
    return raw(command, TCP4 if address.version == 4 else TCP6, block + tlvs)


def raw(command: int, family: int, block: bytes) -> bytes:
    """Any header of version 2."""
    return SIGNATURE + struct.pack(">BBH", command, family, len(block)) + block
