"""How large an event may be before it is set aside as a dead letter."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds that keep one hostile event from taking a worker's memory.

    KServe's logger bounds nothing: a 1.6 MB body is logged whole, gzip bodies are logged as gzip. An event over a
    bound becomes a dead letter and is counted; no event is cut.

    >>> Limits(rows=10).rows, Limits().payload_bytes
    (10, 16777216)
    """

    payload_bytes: int = 16 * 2**20
    """Body of an event as received, in bytes; beyond: ``EVENT_TOO_LARGE`` or ``BODY_TOO_LARGE``."""
    decompressed_bytes: int = 64 * 2**20
    """A gzip body once opened, and the names of all cells of one event together, in bytes."""
    rows: int = 100_000
    """Instances in one event; beyond: ``TOO_MANY_ROWS``."""
    values: int = 2_000_000
    """Instances times columns in one event; beyond: ``TOO_MANY_VALUES``."""
    columns: int = 10_000
    """Columns of one event; beyond: ``TOO_MANY_COLUMNS``."""
    text_bytes: int = 64 * 2**10
    """One string value or column name, in bytes of UTF-8; beyond: ``VALUE_TOO_LONG``."""
    batch_events: int = 1000
    """Events in one batch posted over HTTP; beyond, the batch is refused (``BATCH_TOO_LONG``)."""
    headers: int = 256
    """Headers looked at in one event; beyond: ``HEADERS_TOO_LARGE``."""
    header_bytes: int = 256 * 2**10
    """Names and values of all headers of one event together, in bytes; beyond: ``HEADERS_TOO_LARGE``."""
    ahead_s: float = 300.0
    """How far an event's time may be ahead of when it was received, in seconds; beyond: ``TIME_AHEAD``. What is allowed
    here is taken from the delay that all other events have."""


DEFAULT_LIMITS = Limits()
"""The documented defaults."""
