"""The properties that sparkmon's tables are made with, by both writers."""

from __future__ import annotations

import pyarrow as pa

CHECKPOINT_INTERVAL = 20

PROPERTIES: dict[str, str | None] = {
    # delta-rs' readers of Arrow know no deletion vectors.
    "delta.enableDeletionVectors": "false",
    # A start reads at most this many commits; a checkpoint of a maintained table is small.
    "delta.checkpointInterval": f"{CHECKPOINT_INTERVAL}",
    # A monitor commits every few seconds: a month of commits would be 260,000 files to list.
    "delta.logRetentionDuration": "interval 1 days",
    "delta.deletedFileRetentionDuration": "interval 1 days",
}

_COUNTED = (pa.types.is_string, pa.types.is_timestamp, pa.types.is_integer)


def statistics_of(schema: pa.Schema) -> dict[str, str | None]:
    """Return the property that limits a table's statistics to its texts, times and whole numbers.

    Those prune files; minima of sketches and maps would fill the log.
    """
    names = [field.name for field in schema if any(is_kind(field.type) for is_kind in _COUNTED)]
    return {"delta.dataSkippingStatsColumns": ",".join(names)} if names else {}
