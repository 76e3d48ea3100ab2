"""A monitor's health for Prometheus to scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sparkmon.errors import MissingExtraError, OptionError
from sparkmon.health.symptoms import Symptom
from sparkmon.health.vitals import Vitals

__all__ = ["HealthMetrics"]


class HealthMetrics:
    """Serves ``/metrics`` until it is stopped.

    Parameters
    ----------
    look : callable
        Gives the vitals at every scrape.
    symptoms : callable
        Gives what was found last.
    port : int
        0 takes a free one.
    host : str, default "127.0.0.1"
        The address to listen on.

    Raises
    ------
    OptionError
        The port cannot be had.
    MissingExtraError
        ``prometheus-client`` is not installed.
    """

    def __init__(
        self,
        look: Callable[[], Vitals],
        symptoms: Callable[[], list[Symptom]],
        *,
        port: int,
        host: str = "127.0.0.1",
    ) -> None:
        try:
            from prometheus_client import CollectorRegistry, start_http_server

            from sparkmon.health.families import families
        except ImportError as error:
            raise MissingExtraError.of("prometheus-client", "cli") from error
        self._look, self._symptoms, self._families = look, symptoms, families
        registry = CollectorRegistry()
        registry.register(self)
        try:
            self._server, self._thread = start_http_server(port, host, registry)
        except OSError as error:
            raise OptionError(
                f"cannot serve metrics on {host}:{port}: {error.strerror}; choose another port"
            ) from error
        self.port = int(self._server.server_port)

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def collect(self) -> Iterator[Any]:
        """Give all metrics as they are now; see :func:`sparkmon.health.families.families`."""
        return self._families(self._look(), self._symptoms())

    def describe(self) -> list[Any]:
        """Name nothing in advance: prometheus_client else looks at the monitor when it registers."""
        return []
