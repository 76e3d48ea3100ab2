"""The embedded feature store: references in a Delta table and online rows in SQLite, in one directory."""

import os
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa

from sparkmon.distributions.schema import REFERENCE_KEY, REFERENCES, as_references
from sparkmon.errors import StoreError
from sparkmon.store.reference_store import DEFAULT_REFERENCE
from sparkmon.store.sql.store import DatabaseStore


class LocalStore(DatabaseStore):
    """A feature store in one directory, for a laptop, a test or a single job.

    Parameters
    ----------
    path : str or Path
        The directory; the first write creates it. ``references/`` in it is a Delta table, ``online.sqlite`` a
        SQLite database.

    Notes
    -----
    *Consistency*: each write of references is one Delta commit, each write of rows one SQLite transaction.
    References are written through the active Spark session, and read by delta-rs where deltalake is installed; online
    rows need the extra ``sql``, not Spark. A writer and any number of readers, also in other processes, do not wait for
    each other.

    *Layout*: the same tables as those of :class:`SqlStore`.

    Examples
    --------
    >>> import asyncio, tempfile
    >>> from sparkmon.store.feature_view import FeatureView, GroupInView
    >>> store = LocalStore(tempfile.mkdtemp())
    >>> store.write_rows("cards_1", ["card_id"], [{"card_id": 7, "mean_amount": 41.5}])
    >>> cards = GroupInView("cards_1", {"card_id": "card_id"}, {"mean_amount": "mean_amount"})
    >>> store.write_view(FeatureView("fraud", 1, ("amount", "mean_amount"), (cards,)))
    >>> async def read() -> None:
    ...     async with store.open_view(store.read_view("fraud")) as view:
    ...         vectors = await view.read([{"card_id": 7}, {"card_id": 8}], parameters={"amount": 9.0})
    ...         print(vectors.values, vectors.missing)
    >>> asyncio.run(read())
    [[9.0, 41.5], [9.0, None]] {'cards_1': [1]}
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()
        self.place = self.path / "online.sqlite"
        self._references = self.path / "references"

    def __repr__(self) -> str:
        return f"LocalStore({str(self.path)!r})"

    def check_writable(self) -> None:
        """See :meth:`ReferenceStore.check_writable`."""
        there = next(each for each in (self.path, *self.path.parents) if each.exists())
        if not there.is_dir() or not os.access(there, os.W_OK):
            raise StoreError(f"cannot write to {self!r}: {there} is no directory that can be written")

    def write_reference(self, table: pa.Table) -> None:
        """See :meth:`ReferenceStore.write_reference`."""
        from pyspark.sql import SparkSession

        from sparkmon.compat import from_arrow

        table = as_references(table)
        keys = table.select([*REFERENCE_KEY]).to_pylist()
        replaced = " OR ".join(
            "(" + " AND ".join(f"{name} = {_literal(value)}" for name, value in key) + ")"
            for key in sorted({tuple(row.items()) for row in keys})
        )
        writer = from_arrow(SparkSession.active(), table).coalesce(1).write.format("delta")
        writer = writer.option("delta.enableDeletionVectors", "false")  # which the reader does not know
        if self._references.exists():
            # References of an earlier version lack columns.
            writer = writer.option("replaceWhere", replaced).option("mergeSchema", "true")
        writer.mode("overwrite").save(str(self._references))

    def read_references(self, reference: str = DEFAULT_REFERENCE) -> pa.Table:
        """See :meth:`ReferenceStore.read_references`."""
        from sparkmon.tables import Tables  # Spark's workers read no references

        spark = None
        if find_spec("deltalake") is None:
            from pyspark.sql import SparkSession

            spark = SparkSession.active()
        named = [("reference", "=", reference)]
        stored = Tables(str(self.path)).open(spark).read("references", where=named)
        return REFERENCES.empty_table() if stored is None else as_references(stored)


def _literal(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
