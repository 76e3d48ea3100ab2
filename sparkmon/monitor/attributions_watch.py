"""Attributions next to a running monitor: a pass whenever windows have closed."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa

from sparkmon.attributions import AttributionsPass, ModelEndpoint, baselines_of
from sparkmon.monitor.namespaces import in_namespaces
from sparkmon.monitor.windows import Windows
from sparkmon.store import ReferenceStore
from sparkmon.tables import TableWriter

_LOGGER = logging.getLogger(__name__)


class AttributionsWatch:
    """Makes passes over the windows of a monitor's models whose predictors may be asked.

    ``process`` takes findings.
    """

    def __init__(
        self,
        tables: TableWriter,
        store: ReferenceStore,
        attributions: Mapping[str, ModelEndpoint],
        *,
        process: Callable[[pa.Table], object],
        windows: Windows | None = None,
        namespaces: Sequence[str] = (),
    ) -> None:
        endpoints = in_namespaces(attributions, namespaces)
        baselines = baselines_of(store, endpoints)
        for model in endpoints.keys() - baselines.keys():
            _LOGGER.warning("%s has no baseline; make one with: sparkmon attributions --baseline TABLE", model)
        length = timedelta(microseconds=(windows or Windows()).grid.length)
        self._tables, self._version = tables, -1
        self._pass = AttributionsPass(tables, endpoints, baselines, length, process)

    def look(self) -> int:
        """Make a pass if windows have closed since the last; return the number of rows that it wrote."""
        version = self._tables.version("closed_windows")
        if version is None or version == self._version:
            return 0
        self._version = version
        return len(self.run(datetime.now(timezone.utc)))

    @property
    def run(self) -> Callable[[datetime], list[dict[str, Any]]]:
        """Make one pass, as :meth:`AttributionsPass.run` does."""
        return self._pass.run
