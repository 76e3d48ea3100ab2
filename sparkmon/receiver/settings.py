"""What a receiver can be told, checked before it starts."""

from __future__ import annotations

from dataclasses import dataclass

from sparkmon.errors import OptionError

__all__ = ["ReceiverSettings"]


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """Settings of one receiver.

    Raises
    ------
    OptionError
        A value is out of its range.

    Examples
    --------
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
    """Address to listen on. The receiver knows no passwords, for KServe's logger sends none: open it (``0.0.0.0``)
    only where a network policy guards it."""
    port: int = 8080
    """0 takes a free one."""
    max_event_bytes: int = 16 * 2**20
    """A larger body is refused (413)."""
    max_pending_events: int = 10_000
    """So many events not yet on disk; more are refused (503)."""
    max_pending_bytes: int = 256 * 2**20
    """So many bytes not yet on disk, announced bodies included; more are refused (503)."""
    segment_bytes: int = 64 * 2**20
    """Size at which the next segment is begun."""
    limit_bytes: int = 10 * 2**30
    """All segments together; beyond, events are refused (503)."""
    commit_interval_ms: float = 5.0
    """How long an event waits for others to share its fsync; added to each answer."""
    pair_seconds: float = 0.0
    """How long a request is remembered to be stored with its response, too; 0 turns it off."""
    retention_seconds: float = 7 * 86400.0
    """Segments not written to for so long are removed, whether read or not."""

    def __post_init__(self) -> None:
        if not self.path:
            raise OptionError.missing("path", "the spool's directory")
        self._bound("port", 0, 65535)
        self._bound("max_event_bytes", 1, 2**30)
        self._bound("max_pending_events", 1, 10**7)
        self._bound("max_pending_bytes", self.max_event_bytes, 2**30)
        self._bound("segment_bytes", 1, 2**40)
        self._bound("limit_bytes", 1, 2**60)
        self._bound("commit_interval_ms", 0, 1000)
        self._bound("pair_seconds", 0, 3600)
        self._bound("retention_seconds", 1, 10**10)

    def _bound(self, name: str, least: int, most: int) -> None:
        value = getattr(self, name)
        if not least <= value <= most:
            raise OptionError.malformed(name, value, f"{least} to {most}")
