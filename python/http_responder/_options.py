"""The options of a server. Generated from the table of the engine by tools/options.py."""

import os
from datetime import timedelta
from typing import Literal, Optional, TypedDict, Union

Duration = Union[float, timedelta, str, None]
"""Seconds, or a text such as "10s"; None is off."""

Size = Union[int, str]
"""Octets, or a text such as "64k"."""

Switch = Union[bool, Literal["on", "off"]]


class Options(TypedDict, total=False):
    """The keyword arguments of Server. None leaves an option that is no duration at its default."""

    port: Union[int, str, None]
    """TCP port to listen on at the address; 0 lets the kernel pick a free one; not used where
    the address is unix:/path."""

    address: Optional[str]
    """The one address to listen on; every interface only if 0.0.0.0 or :: is written.
    Default: 127.0.0.1."""

    listen: Union[list[str], tuple[str, ...], str, None]
    """Further addresses to listen on, each with its port."""

    interface: Optional[str]
    """Network interface that connections have to come in by; empty takes them from any."""

    reuse_port: Optional[Switch]
    """Whether other processes of the same user may listen on the same addresses too
    (SO_REUSEPORT), so that a new one can take over from an old one. Default: off."""

    backlog: Union[int, str, None]
    """Connections that the kernel queues for each listener (net.core.somaxconn limits it).
    Default: 4096."""

    accept: Optional[Literal["dispatch", "reuseport"]]
    """How connections reach the workers: dealt round-robin by one thread, or by the kernel to
    a listener of each worker. Default: dispatch."""

    workers: Union[int, str, None]
    """Worker threads; auto is the number of cores, at most 4. Default: auto."""

    max_connections: Union[int, str, None]
    """Connections that each worker can hold. Default: 50000."""

    worker_stall: Duration
    """A worker that shows no sign of life for this long gets no new connections until it
    does. Default: 5s."""

    head_timeout: Duration
    """Time in which the whole head of a request must arrive. Default: 10s."""

    body_timeout: Duration
    """Time in which some more of a request's body must arrive. Default: 30s."""

    write_timeout: Duration
    """Time in which the client must take some more of an answer. Default: 30s."""

    keep_alive_timeout: Duration
    """Time that a connection may stay open between two requests. Default: 75s."""

    linger_timeout: Duration
    """Time that the client has to read the last answer and close. Default: 2s."""

    drain_timeout: Duration
    """Time that requests in progress have to finish when the server drains. Default: 10s."""

    max_requests: Union[int, str, None]
    """Requests answered on one connection before it is closed; 0 is unlimited. Default: 0."""

    max_head: Optional[Size]
    """The largest head of a request, request line and empty line included. Default: 16k."""

    max_fields: Union[int, str, None]
    """The most field lines of a request. Default: 100."""

    max_target: Optional[Size]
    """The longest target of a request; less than max_head. Default: 8k."""

    allow_bare_lf: Optional[Switch]
    """Whether a line of a request may end with LF alone. Default: off."""

    max_body: Optional[Size]
    """The largest body of a request; at most max_body_memory. Default: 1m."""

    max_body_memory: Optional[Size]
    """Memory that each worker may hold for the bodies of requests. Default: 64m."""

    max_pending_memory: Optional[Size]
    """Memory that each worker may hold for unfinished request heads and unsent answers; a
    connection that wants more is closed. Default: 256m."""

    rules: Union[str, os.PathLike[str], None]
    """Rules file, or folder of *.toml files, that says what requests get before the default
    answers do."""

    default_answers: Optional[Switch]
    """Whether a request that no route takes is answered by the type it asks for; 404 if off.
    Default: on."""

    probes: Optional[Switch]
    """Whether the connectivity checks of the common platforms get what they expect. Default:
    on."""

    cors: Optional[Switch]
    """Whether answers let scripts of every origin read them. Default: on."""

    server_name: Optional[str]
    """The value of the Server field; empty sends none."""

    stats_page: Optional[str]
    """Path at which whoever asks gets a page of statistics, with the names of pixelserv-
    tls."""

    stats_text: Optional[str]
    """Path at which whoever asks gets the same statistics as one line of text."""

    ca_certificate: Union[str, os.PathLike[str], None]
    """File of a certificate, without its key, that whoever asks gets as /ca.crt."""

    user: Optional[str]
    """Name of the user that the process becomes once its sockets are bound; for root only."""

    group: Optional[str]
    """Name of the group that the process becomes; that of the user if it is not said."""

    sandbox: Optional[Switch]
    """Whether the whole process gives away at the start, where the kernel can, the right to
    write, make and run files (Landlock) and all system calls that the server does not make
    (seccomp); the programs http_responder and http_responder_mt do unless told not to.
    Default: off."""

    log_level: Optional[Literal["off", "error", "warn", "info"]]
    """What is written to standard error. Default: warn."""
