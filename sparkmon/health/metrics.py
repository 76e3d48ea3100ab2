"""A monitor's health for Prometheus to scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sparkmon.errors import MissingExtraError, OptionError
from sparkmon.health.health_checks import HealthCheck
from sparkmon.health.monitor_status import MonitorStatus


class HealthMetrics:
    """Serves ``/metrics`` until it is stopped.

    Parameters
    ----------
    status : callable
        Returns the monitor's status; called at every scrape.
    checks : callable
        Returns the latest health checks.
    port : int
        0 takes a free one.
    host : str, default "127.0.0.1"
        The address to listen on.

    Raises
    ------
    OptionError
        The port is taken or not allowed.
    MissingExtraError
        ``prometheus-client`` is not installed.
    """

    def __init__(
        self,
        status: Callable[[], MonitorStatus],
        checks: Callable[[], list[HealthCheck]],
        *,
        port: int,
        host: str = "127.0.0.1",
    ) -> None:
        try:
            from prometheus_client import CollectorRegistry, start_http_server

            from sparkmon.health.families import families
        except ImportError as error:
            raise MissingExtraError.of("prometheus-client", "cli") from error
        self._status, self._checks, self._families = status, checks, families
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
        """Return all metrics as they are now; see :func:`sparkmon.health.families.families`."""
        return self._families(self._status(), self._checks())

    def describe(self) -> list[Any]:
        """Return nothing: otherwise prometheus_client would collect from the monitor when it registers."""
        return []
