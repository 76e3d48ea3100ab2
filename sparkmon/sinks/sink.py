"""The contract of an alert sink: what it gets and what it must promise."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TypeVar

from sparkmon.errors import MissingExtraError, OptionError
from sparkmon.registry import Registry
from sparkmon.secret import Secret
from sparkmon.sinks.notification import Notification


class AlertSink(ABC):
    """A destination of notifications.

    Parameters
    ----------
    name : str, optional
        The name in routes, in the table ``deliveries`` and in logs; no two sinks of a monitor share one. By default
        ``kind``.

    Notes
    -----
    *Delivery*: at least once. Each sink has a thread of its own: one that hangs or fails does not delay the others.
    *Idempotence*: after a crash a notification may be delivered again; its ``notification_id`` is then the same.
    """

    kind: str
    """What it is: ``webhook``."""
    resolve_timeout: timedelta | None = None
    """After how long without a new notification the destination resolves an alert; None if it never does."""
    name: str

    def __init__(self, name: str | None = None) -> None:
        name = name if name is not None else self.kind
        if not name or not name.isprintable() or len(name) > 100:
            raise OptionError.malformed("name", name, "1 to 100 printable characters")
        object.__setattr__(self, "name", name)  # some sinks are frozen

    @abstractmethod
    def deliver(self, notification: Notification) -> None:
        """Send a notification within a bounded time.

        Raises
        ------
        AlertDeliveryError
            It could not be sent; ``permanent`` if a retry cannot help. Any other exception counts as temporary. No
            message of an error contains a secret.
        """


JSON = MappingProxyType({"content-type": "application/json"})

SINKS: Registry[type[AlertSink]] = Registry("sink")
"""The sinks that ``monitor.yaml`` can name, by ``kind``."""
Sink = TypeVar("Sink", bound=type[AlertSink])


def register_sink(sink: Sink) -> Sink:
    """Register a class of sinks by its ``kind``, so that ``monitor.yaml`` can name it; a decorator.

    Its keys are the fields of the dataclass, or the parameters of the constructor, with their types, defaults and
    documentation.

    >>> @register_sink
    ... class Nowhere(AlertSink):
    ...     kind = "nowhere"
    ...
    ...     def deliver(self, notification):
    ...         pass
    >>> SINKS.get("nowhere")().name
    'nowhere'
    >>> SINKS.remove("nowhere")
    """
    SINKS.add(sink.kind, sink)
    return sink


@dataclass(frozen=True)
class ConfiguredSink(AlertSink):
    """The options that every sink of sparkmon has."""

    name: str = field(default=None, kw_only=True)  # type: ignore[assignment] # the kind takes its place
    """The name in routes, in the table ``deliveries`` and in logs; no two sinks share one. By default the kind of the
    sink."""

    def __post_init__(self) -> None:
        AlertSink.__init__(self, self.name)


def check_timeout(timeout_s: float) -> None:
    """Refuse a time-out that is not above 0, or above 300 seconds."""
    if not 0 < timeout_s <= 300:
        raise OptionError.malformed("timeout_s", timeout_s, "seconds above 0, at most 300")


@dataclass(frozen=True)
class HttpSink(ConfiguredSink):
    """A sink that posts to a URL; :func:`sparkmon.sinks.post.post` is how, and which URLs are refused."""

    url: str | Secret = field(repr=False)
    """The URL, http or https."""
    allowed_hosts: Sequence[str] | None = field(default=None, kw_only=True)
    """The only hosts that the URL may name, such as ``["hooks.slack.com"]``, private ones included."""
    timeout_s: float = field(default=10.0, kw_only=True)
    """The time-out of one request, in seconds."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_timeout(self.timeout_s)
        try:
            from sparkmon.sinks.post import check_target
        except ImportError as error:
            raise MissingExtraError.of("httpx", "sinks") from error
        check_target(self)

    def post(
        self,
        body: bytes,
        headers: Mapping[str, str] = MappingProxyType({}),
        *,
        path: str = "",
        bearer: Secret | None = None,
        hidden: Sequence[str] = (),
    ) -> None:
        """Post JSON once; see :func:`sparkmon.sinks.post.post`."""
        from sparkmon.sinks.post import post

        post(self, body, {**JSON, **headers}, path=path, bearer=bearer, hidden=hidden)
