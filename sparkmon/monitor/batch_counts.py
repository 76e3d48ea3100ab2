"""What a batch adds to the metrics, in ``event_digests``: over Spark Connect another process writes the batch."""

from typing import Any

from sparkmon.health import Counts
from sparkmon.tables import TableWriter

_MAPS = ("dead_letters", "skipped_rows", "holders")


def to_columns(counts: Counts) -> dict[str, Any]:
    """Return counts as the columns of a row of ``event_digests``."""
    maps: dict[str, Any] = {name: [*getattr(counts, name).items()] for name in _MAPS}
    namespaces = [(model, sorted(names)) for model, names in counts.namespaces.items()]
    return {"redelivered_events": counts.redelivered_events, "namespaces": namespaces, **maps}


def counts_after(tables: TableWriter, query_id: str, batch_id: int) -> tuple[Counts, int]:
    """Add up what a query has counted after a batch; return it and the query's last batch that is counted."""
    names = ["batch_id", "redelivered_events", "namespaces", *_MAPS]
    rows = tables.read("event_digests", names, [("query_id", "=", query_id), ("batch_id", ">", batch_id)])
    total = Counts()
    for row in [] if rows is None else rows.to_pylist():
        batch_id = max(batch_id, row["batch_id"])
        namespaces = {model: frozenset(each) for model, each in row["namespaces"] or ()}
        maps: dict[str, Any] = {name: dict(row[name] or ()) for name in _MAPS}
        total = total.add(Counts(redelivered_events=row["redelivered_events"] or 0, namespaces=namespaces, **maps))
    return total, batch_id
