"""The options and statistics of a server. Generated from the tables of the engine by
tools/options.py."""

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

    tls_port: Union[int, str, None]
    """TCP port to listen on for TLS at the address; wants ca_dir or certificates."""

    listen_tls: Union[list[str], tuple[str, ...], str, None]
    """Further addresses to listen on for TLS, each with its port."""

    listen_auto: Union[list[str], tuple[str, ...], str, None]
    """Addresses to listen on for both: the first octet of a connection says whether it is
    TLS."""

    backlog: Union[int, str, None]
    """Connections that the kernel queues for each listener (net.core.somaxconn limits it).
    Default: 4096."""

    accept: Optional[Literal["dispatch", "reuseport"]]
    """How connections reach the workers: dealt round-robin by one thread, or by the kernel to
    a listener of each worker. Default: dispatch."""

    proxy_protocol: Union[list[str], tuple[str, ...], str, None]
    """Listeners, as they are written in address and listen, whose connections begin with a
    PROXY header that names the client; all is every listener."""

    proxy_trusted: Union[list[str], tuple[str, ...], str, None]
    """Whose PROXY headers are believed, as ranges of addresses; unix is whoever can open a
    Unix socket; others are closed at once on those listeners. Default:
    127.0.0.0/8,::1,unix."""

    http2: Optional[Switch]
    """Whether HTTP/2 is spoken: over TLS with who asks for it, on plain ports with who begins
    with it. Default: on."""

    ca_dir: Union[str, os.PathLike[str], None]
    """Folder with ca.crt and ca.key: the CA that certificates are made with, for each name
    when it is asked for first."""

    certificates: Union[list[str], tuple[str, ...], str, os.PathLike[str], None]
    """PEM files of certificates with their keys (in the file, or beside it as NAME.key), or
    folders of them; they stand before those that are made."""

    certificate_cache: Union[int, str, None]
    """Certificates made that are remembered, those used last. Default: 10000."""

    certificate_dir: Union[str, os.PathLike[str], None]
    """Folder in which certificates that were made, and their keys, are kept across restarts;
    made where it is not there."""

    client_ca: Union[str, os.PathLike[str], None]
    """PEM file of CAs: clients are asked for a certificate that one of them has signed."""

    client_certificate_required: Optional[Switch]
    """Whether a client without certificate is turned away where client_ca is set. Default:
    on."""

    tls_min_version: Optional[Literal["1.2", "1.3"]]
    """The oldest version of TLS that is spoken. Default: 1.2."""

    ticket_keys: Union[str, os.PathLike[str], None]
    """File of session ticket keys, 48 octets each, the first one for new tickets: servers
    with the same file resume for each other."""

    tls_early_data: Optional[Size]
    """Octets of early data (0-RTT) that a client may send with a session that it takes up,
    for safe methods only; 0 is none. Default: 0."""

    workers: Union[int, str, None]
    """Worker threads; auto is the number of cores, at most 4. Default: auto."""

    max_connections: Union[int, str, None]
    """Connections that each worker can hold. Default: 50000."""

    private_descriptors: Optional[Switch]
    """Whether a worker that accepts its connections itself (the only one, or with accept =
    reuseport) has a table of descriptors of its own: a few per cent less processor time for
    servers without routes, handlers and responses of the program's own; lsof and ss show the
    connections by the number of the worker's thread. Default: off."""

    worker_stall: Duration
    """A worker that shows no sign of life for this long gets no new connections until it
    does. Default: 5s."""

    handshake_timeout: Duration
    """Time in which the TLS handshake of a connection must come to its end. Default: 10s."""

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

    http2_max_streams: Union[int, str, None]
    """Requests that one HTTP/2 connection may have open at a time. Default: 128."""

    max_body: Optional[Size]
    """The largest body of a request; at most max_body_memory. Default: 1m."""

    max_body_memory: Optional[Size]
    """Memory that each worker may hold for the bodies of requests. Default: 64m."""

    max_pending_memory: Optional[Size]
    """Memory that each worker may hold for unfinished request heads and unsent answers; a
    connection that wants more is closed. Default: 256m."""

    stream_high_water: Optional[Size]
    """Octets of a streamed answer that may wait for the client; from here on its writer has
    to wait. Default: 256k."""

    stream_low_water: Optional[Size]
    """Octets of a streamed answer that may still wait when its writer is told to go on.
    Default: 64k."""

    max_connections_per_client: Union[int, str, None]
    """Connections that one client may have open at once, over all workers; further ones get
    429 and are closed; 0 is unlimited; the programs http_responder and http_responder_mt
    start with 10000. Default: 0."""

    rate_per_client: Union[int, str, None]
    """Requests a second that one client may make, over all connections and workers; further
    ones get 429 and the connection stays; 0 is unlimited; the programs start with 5000.
    Default: 0."""

    burst_per_client: Union[int, str, None]
    """Requests that one client who was quiet may make at once; auto is as many as in a
    second. Default: auto."""

    limit_loopback: Optional[Switch]
    """Whether the limits of a client hold for addresses of this machine (127.0.0.0/8 and ::1)
    too. Default: off."""

    client_prefix_ipv4: Union[int, str, None]
    """Leading bits of an IPv4 address that make a client. Default: 32."""

    client_prefix_ipv6: Union[int, str, None]
    """Leading bits of an IPv6 address that make a client. Default: 64."""

    client_table: Optional[Size]
    """Memory in which clients are remembered, 16 octets for each; used only as clients come,
    and only if a limit of theirs is set. Default: 64m."""

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

    admin: Optional[str]
    """Where the admin page, its metrics and what it can do are served: unix:/path, for the
    owner and the group, or a loopback address with its port; nowhere if empty."""

    access_log: Optional[str]
    """Where a line for each answer goes: standard output (-), the end of a file, which a
    reload opens again, or the socket of a syslog daemon or of journald (at another path if
    one is said). Default: off."""

    access_log_format: Optional[Literal["combined", "json"]]
    """What a line of the access log looks like: Apache's combined format, or a JSON object.
    Default: combined."""

    access_log_sample: Union[int, str, None]
    """One answer of so many has a line in the access log, counted by each worker. Default:
    1."""

    access_log_buffer: Optional[Size]
    """Memory of each worker for lines of the access log that are not written yet; what does
    not fit is dropped and counted. Default: 4m."""

    log_level: Optional[Literal["off", "error", "warn", "info"]]
    """What is written to standard error. Default: warn."""


class Stats(TypedDict):
    """What Server.stats() gives."""

    connections_handled: int
    """Connections accepted and taken into a pool."""

    requests_handled: int
    """Requests answered, refused ones not included."""

    bytes_sent: int
    """Octets sent to clients."""

    bytes_received: int
    """Octets received from clients."""

    connections_open: int
    """Connections in a pool."""

    connections_reading: int
    """Connections on which a head or body is arriving."""

    connections_processing: int
    """Connections whose request waits for its answer: a handler's, or one that a rule
    delays."""

    connections_writing: int
    """Connections with queued octets that the socket did not take."""

    connections_keepalive: int
    """Connections between two requests."""

    connections_closing: int
    """Connections lingering so that the client can read the last answer."""

    pool_capacity: int
    """Connections that the pool can hold."""

    buffers_lent: int
    """Buffers lent to connections with pending octets."""

    body_memory: int
    """Octets of request bodies held for handlers."""

    responses_1xx: int
    """Interim responses sent (100 Continue)."""

    responses_2xx: int
    """Responses with a status of 200 to 299."""

    responses_3xx: int
    """Responses with a status of 300 to 399."""

    responses_4xx: int
    """Responses with a status of 400 to 499."""

    responses_5xx: int
    """Responses with a status of 500 to 599."""

    refused_request_line: int
    """Requests refused for a malformed request line."""

    refused_version: int
    """Requests refused for a version that is not served or malformed."""

    refused_target_too_long: int
    """Requests refused for a target longer than max_target."""

    refused_head_too_large: int
    """Requests refused for a head over max_head or max_fields."""

    refused_field: int
    """Requests refused for a malformed field line."""

    refused_line_end: int
    """Requests refused for a bare CR or LF."""

    refused_host: int
    """Requests refused for a missing, repeated or invalid Host."""

    refused_framing: int
    """Requests refused for a malformed or contradictory Content-Length or Transfer-
    Encoding."""

    refused_transfer_coding: int
    """Requests refused for an unknown transfer coding."""

    refused_chunk: int
    """Requests refused for malformed chunked coding."""

    refused_body_too_large: int
    """Requests refused for a body over max_body."""

    refused_method: int
    """Requests answered 501 for an unknown method."""

    refused_method_not_allowed: int
    """Requests answered 405 for a method that is not served there."""

    refused_expectation: int
    """Requests refused for an expectation other than 100-continue."""

    refused_protocol: int
    """Connections that spoke TLS on a plain port, or HTTP/2 where that is off."""

    refused_memory: int
    """Requests refused, or connections closed, because no memory was left for what they
    hold."""

    refused_full: int
    """Connections answered 503 because every connection of the pool was busy."""

    refused_client_connections: int
    """Connections answered 429 because their client had max_connections_per_client open."""

    refused_client_rate: int
    """Requests answered 429 because their client made more than rate_per_client a second."""

    refused_proxy_source: int
    """Connections to a listener of proxy_protocol closed because they came from outside of
    proxy_trusted."""

    refused_proxy_header: int
    """Connections closed for a missing or malformed PROXY header."""

    timeouts_head: int
    """Connections whose request head did not arrive in time."""

    timeouts_body: int
    """Connections whose request body stalled."""

    timeouts_write: int
    """Connections whose client did not take its answer in time."""

    timeouts_keepalive: int
    """Connections closed after keep_alive_timeout without a request."""

    timeouts_linger: int
    """Connections whose client did not close in time after the last answer."""

    timeouts_drain: int
    """Connections closed because draining took longer than drain_timeout."""

    disconnects_early: int
    """Connections that the client ended in the middle of a request."""

    disconnects_reset: int
    """Connections that the client reset."""

    connections_evicted: int
    """Idle connections closed early in favour of new ones."""

    connections_shed: int
    """Connections answered 503 or dropped for want of room or of a descriptor."""

    connections_max_requests: int
    """Connections closed after max_requests requests."""

    accept_errors: int
    """Failures of accept other than an empty queue."""

    accept_pauses: int
    """Times that accepting paused for want of descriptors or memory."""

    workers_stalled: int
    """Times that a worker was found stalled and skipped."""

    worker_restarts: int
    """Workers started afresh after a panic."""

    handler_panics: int
    """Handlers that panicked."""

    handler_silences: int
    """Handlers that neither answered nor deferred nor declined."""

    deferred_answers: int
    """Answers given after the handler returned."""

    deferred_gone: int
    """Deferred answers whose client had left."""

    connections_handshake: int
    """Connections on which TLS is being agreed on."""

    refused_not_tls: int
    """Connections that spoke plain HTTP on a port for TLS."""

    timeouts_handshake: int
    """Connections whose TLS handshake did not come to its end in time."""

    tls_handshakes: int
    """TLS handshakes that came to their end, resumed ones not included."""

    tls_resumptions: int
    """TLS handshakes that took up an earlier session."""

    tls_failures: int
    """TLS connections that ended before their handshake did, or that broke the protocol."""

    tls_alerts_unknown_ca: int
    """TLS alerts unknown_ca received: the client does not trust the CA."""

    tls_alerts_bad_certificate: int
    """TLS alerts bad_certificate received."""

    tls_alerts_certificate_unknown: int
    """TLS alerts certificate_unknown received: most browsers that do not trust the CA."""

    tls_alerts_other: int
    """Other TLS alerts received, close_notify not included."""

    tls_alerts_sent: int
    """TLS alerts sent, close_notify not included."""

    tls_certificates_made: int
    """Certificates made on the fly."""

    tls_names_refused: int
    """TLS handshakes refused because there is no certificate for the name."""

    rules_matched: int
    """Requests that a rule of the rules file took."""

    answers_delayed: int
    """Answers that a rule delayed."""

    faults_played: int
    """Answers that a rule spoilt, cut off or withheld."""

    streams_begun: int
    """Answers whose body was streamed."""

    streams_cut: int
    """Streams that their writer cut off before they were whole."""

    access_log_written: int
    """Lines of the access log handed to the system."""

    access_log_dropped: int
    """Lines of the access log dropped because they were not taken in time, or at all."""

    clients_forgotten: int
    """Clients forgotten though they were not quiet, for want of room in client_table."""

    clients_untracked: int
    """Connections taken in without the limits of a client, for want of room in
    client_table."""

    http2_connections: int
    """Connections that spoke HTTP/2."""

    http2_streams_reset: int
    """HTTP/2 streams that the client reset before they were answered."""

    http2_errors: int
    """HTTP/2 connections ended because the client broke the protocol."""

    http2_floods: int
    """HTTP/2 connections ended with ENHANCE_YOUR_CALM: too many frames without a request."""

    tls_early_data: int
    """TLS handshakes in which early data was taken."""

    refused_too_early: int
    """Requests answered 425 because they came in early data and their method is not safe."""
