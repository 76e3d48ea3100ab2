"""The embedded feature store: references in a Delta table and online rows in SQLite, in one directory."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.distributions.schema import REFERENCE_KEY, REFERENCES, as_references
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
    References are read and written through the active Spark session; online rows need the extra ``sql``,
    not Spark. A writer and any number of readers, also in other processes, do not wait for each other.

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

    def write_reference(self, table: pa.Table) -> None:
        """See :meth:`ReferenceStore.write_reference`."""
        from pyspark.sql import SparkSession

        table = as_references(table)
        keys = table.select([*REFERENCE_KEY]).to_pylist()
        replaced = " OR ".join(
            "(" + " AND ".join(f"{name} = {_literal(value)}" for name, value in key) + ")"
            for key in sorted({tuple(row.items()) for row in keys})
        )
        writer = SparkSession.active().createDataFrame(table).coalesce(1).write.format("delta")
        if self._references.exists():
            # References of an earlier version lack columns.
            writer = writer.option("replaceWhere", replaced).option("mergeSchema", "true")
        writer.mode("overwrite").save(str(self._references))

    def read_references(self, reference: str = DEFAULT_REFERENCE) -> pa.Table:
        """See :meth:`ReferenceStore.read_references`."""
        from pyspark.sql import SparkSession

        if not self._references.exists():
            return REFERENCES.empty_table()
        stored = SparkSession.active().read.format("delta").load(str(self._references)).toArrow()
        table = as_references(stored)
        return table.filter(pc.equal(table["reference"], pa.scalar(reference)))


def _literal(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
