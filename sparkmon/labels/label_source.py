"""Where the labels of a model are, and how they are joined to its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from sparkmon.errors import OptionError
from sparkmon.interval import format_interval
from sparkmon.option_types import TablesLocation
from sparkmon.tables import Tables, TableWriter


@dataclass(frozen=True)
class LabelSource:
    """A Delta table with a row for each label, which may come at any time and in any order.

    Parameters
    ----------
    table : str
        The path or URL of the table, or its name in the catalog.
    label : str, optional
        The column with what came true; by default the one that the model's reference names.
    request_id : str, default "request_id"
        The column with the id of the request that was answered: the header ``X-Request-Id``, or the body's id.
    instance : str, optional
        The column with the place of the row in its request, from 0. Without it, only requests of one row have labels.
    entities : mapping of str to str, optional
        Instead of a request's id: the entity or feature of a request to the column that has its value. A label is of
        the requests on its entity before ``time``, at most ``horizon`` and ``revise_for`` before.
    time : str, optional
        The column with the time at which the label was known.
    horizon : timedelta, default 1 day
        How long after a prediction nearly all labels are known. A window is judged this long after its end.
    revise_for : timedelta, default 5 days
        How long after that labels which come later revise a window.
    groups : sequence of str, optional
        Slices of the reference whose values are groups of people: the metrics of :func:`sparkmon.performance.fairness`
        compare them.
    reference_free : bool, default False
        Compare windows with those before them, too, by :func:`sparkmon.performance.adaptive_change`: for models whose
        held-out rows are not like what they meet.

    Raises
    ------
    OptionError
        A length is not above 0, or entities have no time.

    Examples
    --------
    >>> LabelSource("./labels", label="delayed", horizon=timedelta(hours=6)).columns
    ['request_id', 'delayed']
    """

    table: TablesLocation
    label: str = ""
    request_id: str = "request_id"
    instance: str = ""
    entities: Mapping[str, str] = field(default_factory=dict)
    time: str = ""
    horizon: timedelta = timedelta(days=1)
    revise_for: timedelta = timedelta(days=5)
    groups: Sequence[str] = ()
    reference_free: bool = False

    def __post_init__(self) -> None:
        for name in ("horizon", "revise_for"):
            if not getattr(self, name) > timedelta():
                raise OptionError.malformed(name, getattr(self, name), "an interval longer than 0")
        if self.entities and not self.time:
            raise OptionError.missing("time", "the column with the time of a label, because it has entities")

    def check_kept(self, length: timedelta | None, model: str) -> None:
        """Refuse a retention of rows in which labels come too late to revise their windows."""
        if length is not None and length < self.horizon + self.revise_for:
            raise OptionError(
                f"got labels of {model} for {format_interval(self.horizon + self.revise_for)}, horizon and revise_for "
                f"together, and retention.rows of {format_interval(length)}; keep rows as long"
            )

    @property
    def columns(self) -> list[str]:
        """The columns that are read."""
        keys = [*self.entities.values()] if self.entities else [self.request_id, self.instance]
        return [name for name in (*keys, self.label, self.time) if name]

    def open(self, spark: Any = None) -> OpenLabels:  # noqa: ANN401 - a Spark session, which this room does not import
        """Open the table; a session is for tables that only Spark reaches."""
        separator = "/" if "/" in self.table else "."
        place, _, name = self.table.rstrip("/").rpartition(separator)
        if not place or not name:
            raise OptionError.malformed("table", self.table, "a path, a URL or a table of a catalog's schema")
        return OpenLabels(self, Tables(place if separator == "." else f"{place}/").open(spark), name)


@dataclass(frozen=True)
class OpenLabels:
    """The table, open."""

    source: LabelSource
    tables: TableWriter
    name: str

    @property
    def version(self) -> int | None:
        """The number of its last commit; None if there is no table yet."""
        return self.tables.version(self.name)

    def read(self, label: str, since: datetime) -> pa.Table | None:
        """Read the labels that were known since then, all of them without a time; None if there is no table yet.

        The columns are ``label`` and ``time``, and the keys as the source names them. Raises OptionError: the table
        lacks a column.
        """
        source = self.source
        where = [(source.time, ">=", since)] if source.time else []
        chosen = [*dict.fromkeys([*source.columns, label])]
        rows = self.tables.read(self.name, chosen, where)
        if rows is None and self.version is not None:
            raise OptionError(f"got the labels {source.table}, which lack one of the columns {', '.join(chosen)}")
        return rows
