"""Labels next to a running monitor: a pass whenever windows have closed or labels have come."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa

from sparkmon.comparison import Checks
from sparkmon.errors import OptionError
from sparkmon.labels import LabelSource, LabelsPass
from sparkmon.monitor.namespaces import in_namespaces, qualified
from sparkmon.monitor.windows import Windows
from sparkmon.performance import ConceptTests
from sparkmon.profiles import validations_of
from sparkmon.slicing import BlockSlices, slices_of, with_slices
from sparkmon.store import DEFAULT_REFERENCE, ReferenceStore
from sparkmon.tables import TableWriter

_LOGGER = logging.getLogger(__name__)
_AT_LEAST_EVERY = timedelta(minutes=10)
"""Horizons pass although nothing is written."""


class LabelsWatch:
    """Makes passes over the windows of a monitor's models that have labels.

    ``process`` takes findings, ``spark`` is for tables that only Spark reaches.
    """

    def __init__(
        self,
        tables: TableWriter,
        store: ReferenceStore,
        labels: Mapping[str, LabelSource],
        *,
        process: Callable[[pa.Table], object],
        windows: Windows | None = None,
        checks: Checks | None = None,
        reference: str = DEFAULT_REFERENCE,
        namespaces: Sequence[str] = (),
        slices: Sequence[str] | None = None,
        spark: Any = None,  # noqa: ANN401 - a Spark session
    ) -> None:
        windows, checks = windows or Windows(), checks or Checks()
        sources = in_namespaces(labels, namespaces)
        references = with_slices(qualified(store.read_references(reference), namespaces), slices)
        chosen = slices_of(references)
        validations = validations_of(store, sources)
        for model in sources.keys() - validations.keys():
            _LOGGER.warning("%s has no validation; make one of held-out rows with: sparkmon profile --label", model)
        for model in validations:
            keys = {each.key for each in chosen.of(model, "")}
            if not keys.issuperset(sources[model].groups):
                groups, slices_there = ", ".join(sources[model].groups), ", ".join(sorted(keys)) or "of nothing"
                raise OptionError(
                    f"got the groups {groups} of {model}, whose reference has the slices {slices_there}; "
                    "make it with: sparkmon profile --slice"
                )
        self._labels = [sources[model].open(spark) for model in validations]
        self._tables = tables
        self._pass = LabelsPass(
            tables,
            {model: sources[model] for model in validations},
            validations,
            ConceptTests(checks.false_alarms_per_week, windows.step.total_seconds()),
            timedelta(microseconds=windows.grid.length),
            BlockSlices(chosen) if chosen else None,
            process,
            spark,
        )
        self._versions: tuple[int | None, ...] = ()
        self._last_run: datetime | None = None

    def look(self) -> int:
        """Make a pass if something has changed since the last; return the number of windows that were measured."""
        now = datetime.now(timezone.utc)
        versions = (self._tables.version("closed_windows"), *(each.version for each in self._labels))
        if versions == self._versions and self._last_run is not None and now - self._last_run < _AT_LEAST_EVERY:
            return 0
        judged = self._pass.run(now)
        self._versions, self._last_run = versions, now
        return len(judged)

    @property
    def run(self) -> Callable[[datetime], Any]:
        """Make one pass, as :meth:`LabelsPass.run` does."""
        return self._pass.run
