"""What a writer of tables can do, whichever library commits."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from sparkmon.tables.conditions import Condition, check_conditions

CHECKPOINT_INTERVAL = 20
FEWEST_FILES = 8
"""Small files that are worth a compaction."""
REPLACEMENT = "sparkmon-replace"
"""The writer whose batches are the replacements of a table."""
_PROPERTIES: dict[str, str | None] = {
    # The reader of the files knows no deletion vectors.
    "delta.enableDeletionVectors": "false",
    # A start reads at most this many commits; a checkpoint of a maintained table is small.
    "delta.checkpointInterval": f"{CHECKPOINT_INTERVAL}",
    # A monitor commits every few seconds: a month of commits would be 260,000 files to list.
    "delta.logRetentionDuration": "interval 1 days",
    "delta.deletedFileRetentionDuration": "interval 1 days",
}
_COUNTED = (pa.types.is_string, pa.types.is_timestamp, pa.types.is_integer)


def properties_of(schema: pa.Schema) -> dict[str, str | None]:
    """Return the properties of a new table: statistics of its texts, times and whole numbers alone.

    Those prune files; minima of sketches and maps would fill the log.
    """
    names = [field.name for field in schema if any(is_kind(field.type) for is_kind in _COUNTED)]
    statistics = {"delta.dataSkippingStatsColumns": ",".join(names)} if names else {}
    return _PROPERTIES | statistics


def transaction(table: str, writer: str) -> str:
    """Return the id under which Delta records the last batch that a writer committed to a table."""
    return f"{writer}/{table}"


def nullable(rows: pa.Table) -> pa.Table:
    """Return rows as tables are made with: every column may be null, as in those that Spark makes."""
    fields = [field.with_nullable(True).remove_metadata() for field in rows.schema]
    return rows.cast(pa.schema(fields))


class Maintained(NamedTuple):
    """What the maintenance of a table did, or in a dry run would do."""

    table: str
    expired_rows: int
    files: int
    """Files with rows, before."""
    compacted_files: int
    """Those that were compacted into fewer."""
    removed_files: int
    """Files that no commit of the last day needs."""


class TableState(ABC):
    """A table as it is at a moment."""

    names: list[str]
    """The names of the columns."""

    @abstractmethod
    def read(self, columns: Sequence[str], where: Sequence[Condition]) -> pa.Table:
        """Return the rows that meet all conditions."""

    @abstractmethod
    def greatest(self, column: str) -> Any | None:  # noqa: ANN401 - of the column's type
        """Return the greatest value of a column; None if there is none."""


class TableWriter(ABC):
    """Appends to Delta tables that stand side by side, and reads them, as Arrow tables.

    The writers record batches in the same way: each skips what another has appended. A writer may be used by several
    threads.

    >>> import tempfile
    >>> from sparkmon.tables import Tables
    >>> writer = Tables(tempfile.mkdtemp()).open()
    >>> rows = pa.table({"model": ["iris", "flights"], "count": [3, 5]})
    >>> [writer.append(rows, "counts", writer="query", batch_id=batch) for batch in (0, 0, 1)]
    [True, False, True]
    >>> writer.read("counts", ["count"], [("model", "=", "iris")])["count"].to_pylist()
    [3, 3]
    >>> writer.last_batch("counts", "query")
    1
    """

    location: str
    """The directory, URL or catalog schema."""

    @abstractmethod
    def append(self, rows: pa.Table, table: str, *, writer: str | None = None, batch_id: int | None = None) -> bool:
        """Append rows, unless this writer has appended this batch or a later one.

        The first rows make the table; columns that it lacks are added. Times are UTC microseconds, and batches of a
        writer count up; without a writer the rows are of no batch. Returns whether the rows were appended.
        """

    def directory(self, _: str) -> str | None:
        """Return the directory of a table whose files workers may write themselves; None where Spark has to."""
        return None

    def append_files(
        self, files: Sequence[Mapping[str, Any]], table: str, schema: pa.Schema, *, writer: str, batch_id: int
    ) -> bool:
        """Append the files that workers wrote to a table's :meth:`directory`, as :meth:`append` appends rows."""
        raise NotImplementedError

    def read(
        self, table: str, columns: Sequence[str] | None = None, where: Sequence[Condition] = ()
    ) -> pa.Table | None:
        """Return the rows that meet all conditions, in no order.

        None if there is no such table, or if an earlier version of sparkmon made it without one of the columns.
        """
        check_conditions(where)
        state = self._state(table)
        if state is None:
            return None
        names = state.names if columns is None else columns
        if not {*names, *(name for name, _, _ in where)} <= {*state.names}:
            return None
        return state.read(names, where)

    def last_batch(self, table: str, writer: str) -> int | None:
        """Return the last batch that a writer appended to a table; None if it appended none."""
        return self._last(table, transaction(table, writer))

    def prepare(self, table: str, schema: pa.Schema) -> None:
        """Make a table, or add the columns that it lacks, before several writers use it."""
        state = self._state(table)
        if state is None or not {*schema.names} <= {*state.names}:
            self.append(schema.empty_table(), table)

    @abstractmethod
    def version(self, table: str) -> int | None:
        """Return the number of a table's last commit; None if there is no table."""

    @abstractmethod
    def replace(self, table: str, rows: pa.Table, version: int | None) -> bool:
        """Replace all rows of a table, unless it has changed since :meth:`version` answered ``version``.

        Ask for it before the rows are read that these replace. Returns whether the rows were replaced.
        """

    def greatest(self, table: str, column: str) -> Any | None:  # noqa: ANN401 - of the column's type
        """Return the greatest value of a column; None if there is none."""
        state = self._state(table)
        return None if state is None else state.greatest(column)

    @abstractmethod
    def maintain(self, table: str, expired: Sequence[Condition] = (), *, dry_run: bool = False) -> Maintained | None:
        """Delete rows, compact small files, and remove files and commits that are not needed any more.

        Rows that meet all conditions of ``expired``, comparisons with times, are deleted; ``dry_run`` only counts. None
        if there is no table. Readers of the table's present state and writers need not stop; earlier states can be read
        for a day.
        """

    @abstractmethod
    def _state(self, table: str) -> TableState | None:
        """Return a table as it is now; None if there is none."""

    @abstractmethod
    def _last(self, table: str, app_id: str) -> int | None:
        """Return the last batch that was committed under an id of Delta."""
