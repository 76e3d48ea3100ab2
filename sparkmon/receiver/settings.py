"""A receiver's settings, checked before it starts."""

from dataclasses import dataclass

from sparkmon.errors import OptionError
from sparkmon.secret import Secret


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """Settings of one receiver.

    Raises OptionError: a value is out of its range.

    >>> ReceiverSettings("/var/lib/sparkmon/spool").port
    8080
    >>> ReceiverSettings("/var/lib/sparkmon/spool", port=70000)
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got port=70000; expected 0 to 65535
    """

    path: str
    """The spool's directory; made if it is not there."""
    host: str = "127.0.0.1"
    """Address to listen on. KServe's logger sends no password: without ``token`` or ``tls_client_ca`` open the receiver
    (``0.0.0.0``) only where a network policy guards it."""
    port: int = 8080
    """0 takes a free one."""
    token: Secret | None = None
    """Each post needs this bearer token (401). See :mod:`sparkmon.receiver.token_check` for its form."""
    tls_cert: str | None = None
    """The file of the server's certificate chain, PEM: the receiver then speaks HTTPS only."""
    tls_key: str | None = None
    """The file of its key, PEM without a password."""
    tls_client_ca: str | None = None
    """A file of authorities, PEM: each client then needs a certificate that one of them has signed."""
    max_event_bytes: int = 16 * 2**20
    """A larger body is refused (413)."""
    max_pending_events: int = 10_000
    """Events not yet on disk; more are refused (503)."""
    max_pending_bytes: int = 192 * 2**20
    """Bytes of bodies that have arrived and are not yet on disk; more are refused (503)."""
    max_events_per_second: float = 0.0
    """From all clients together; more are refused (429). 0 sets no limit."""
    max_client_events_per_second: float = 0.0
    """From one address; more are refused (429). 0 sets no limit. A proxy's requests count for its address."""
    max_clients: int = 10_000
    """Addresses that are remembered for this; beyond, the one without requests for longest is forgotten."""
    max_connections: int = 1000
    """Connections at once; of more, the one that has waited for its sender longest, or the new one, gets 503. Each
    takes one of the process's file descriptors."""
    max_headers: int = 256
    """Headers in one request; more are refused (431)."""
    max_header_bytes: int = 256 * 2**10
    """A longer head of a request is refused (431)."""
    request_seconds: float = 30.0
    """A request that takes longer from its first byte to its last is refused (408)."""
    keep_alive_seconds: int = 120
    """A connection without a request for this long is closed. Longer than Go's 90 s: a sender should close first,
    because what it sends while the receiver closes is lost."""
    segment_bytes: int = 64 * 2**20
    """Size at which the next segment is begun."""
    limit_bytes: int = 10 * 2**30
    """All segments together; beyond, the oldest are removed, those first that every query has read."""
    commit_interval_ms: float = 5.0
    """How long an event waits for others to share its fsync; added to each answer."""
    pair_seconds: float = 0.0
    """How long a request is remembered to be stored with its response, too; 0 turns it off."""
    retention_seconds: float = 7 * 86400.0
    """Segments not written to for this long are removed, whether read or not."""

    def __post_init__(self) -> None:
        if not self.path:
            raise OptionError.missing("path", "the spool's directory")
        for name, least, most in (
            ("port", 0, 65535),
            ("max_event_bytes", 1, 2**30),
            ("max_pending_events", 1, 10**7),
            ("max_pending_bytes", self.max_event_bytes, 2**30),
            ("max_events_per_second", 0, 10**7),
            ("max_client_events_per_second", 0, 10**7),
            ("max_clients", 1, 10**6),
            ("max_connections", 1, 10**5),
            ("max_headers", 16, 10_000),
            ("max_header_bytes", 2**12, 2**24),
            ("request_seconds", 0.1, 3600),
            ("keep_alive_seconds", 1, 3600),
            ("segment_bytes", 1, 2**40),
            ("limit_bytes", 1, 2**60),
            ("commit_interval_ms", 0, 1000),
            ("pair_seconds", 0, 3600),
            ("retention_seconds", 1, 10**10),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise OptionError.malformed(name, value, f"{least} to {most}")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise OptionError("got one of tls_cert and tls_key; set both or none")
        if self.tls_client_ca is not None and self.tls_cert is None:
            raise OptionError("got tls_client_ca without tls_cert and tls_key; set these, too")
