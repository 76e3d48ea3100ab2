"""Where views read: tables at a location, opened tables, or DataFrames by the name of their table."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

from sparkmon.errors import OptionError
from sparkmon.tables import Condition, Tables, meeting, read_completed


class Source(Protocol):
    """What reads a table: :class:`sparkmon.tables.TableWriter`, or DataFrames."""

    def read(
        self, table: str, columns: Sequence[str] | None = None, where: Sequence[Condition] = ()
    ) -> pa.Table | None:
        """Return the rows that meet all conditions; None if there is no such table, or it lacks a column."""


Frames: TypeAlias = Mapping[str, Any]
"""DataFrames of Spark or pandas, or Arrow tables, by the name of the table whose columns they have."""


class _FramesSource:
    def __init__(self, frames: Frames) -> None:
        self._tables = {name: arrow_of(name, frame) for name, frame in frames.items()}

    def read(
        self, table: str, columns: Sequence[str] | None = None, where: Sequence[Condition] = ()
    ) -> pa.Table | None:
        rows = self._tables.get(table)
        if rows is None:
            return None
        names = rows.column_names if columns is None else columns
        if not {*names, *(name for name, _, _ in where)} <= {*rows.column_names}:
            return None
        return meeting(rows, where).select(names)


def open_source(place: str | Frames | Source) -> Source:
    """Open what a view reads, without Spark.

    Parameters
    ----------
    place : str, mapping or opened tables
        The location of the tables: a directory or a URL. Or DataFrames (Spark's, pandas' or Arrow tables) by the names
        of the tables, such as ``{"drift_metrics": findings}``. Or what this function or ``Tables.open`` returned.

    Raises
    ------
    OptionError
        The location is a catalog schema: only Spark reads it. Give its tables as DataFrames.
    MissingExtraError
        deltalake is not installed.

    Examples
    --------
    >>> frames = open_source({"outliers": pa.table({"model": ["iris", "flights"]})})
    >>> frames.read("outliers", where=[("model", "=", "iris")]).num_rows
    1
    """
    if isinstance(place, str):
        return Tables(place).open()
    return _FramesSource(place) if isinstance(place, Mapping) else place


def conditions(*, since: datetime | None = None, **equal: object) -> list[Condition]:
    """Return the conditions that columns equal what is given, and that windows end since then; None is none.

    >>> conditions(model="iris", column_name=None)
    [('model', '=', 'iris')]
    """
    chosen: list[Condition] = [(name, "=", value) for name, value in equal.items() if value is not None]
    return chosen if since is None else [*chosen, ("window_end", ">=", since)]


def rows_of(source: Source, table: str, schema: pa.Schema, where: Sequence[Condition]) -> Any:  # noqa: ANN401
    """Return the rows of a table as an Arrow table of this schema; none if there is no such table yet."""
    rows = read_completed(source, table, schema, _aware_conditions(where))
    return schema.empty_table() if rows is None else rows


def read_rows(source: Source, table: str, columns: Sequence[str], where: Sequence[Condition]) -> Any:  # noqa: ANN401
    """Return columns of a table as an Arrow table; None if there is no such table. Times without a zone are UTC."""
    return source.read(table, columns, _aware_conditions(where))


def _aware_conditions(where: Sequence[Condition]) -> list[Condition]:
    return [(name, operator, _aware(value)) for name, operator, value in where]


def _aware(value: Any) -> Any:  # noqa: ANN401 - the value of a condition
    is_naive = isinstance(value, datetime) and value.tzinfo is None
    return value.replace(tzinfo=timezone.utc) if is_naive else value


def arrow_of(name: str, frame: Any) -> Any:  # noqa: ANN401 - a DataFrame of any kind; an Arrow table
    """Return a table as an Arrow table; OptionError, with the table's name, if it is of no kind that is one."""
    if isinstance(frame, pa.Table):
        return frame
    if hasattr(frame, "iloc"):
        return pa.Table.from_pandas(frame, preserve_index=False)
    if hasattr(frame, "sparkSession"):
        from sparkmon.compat import to_arrow

        return to_arrow(frame)
    raise OptionError.malformed(name, type(frame).__name__, "a DataFrame of Spark or pandas, or an Arrow table")
