"""Recorded streams of queries as a model's log, and a store with what its clients are judged by."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession

from sparkmon.profiles import client_baseline, reference_of
from sparkmon.records import Event
from sparkmon.store import LocalStore
from tests.support.attacks import features, kept_rows, recorded, scores
from tests.support.traffic import MIDNIGHT, v1_event

__all__ = ["calls", "store_with_clients"]


def calls(rows: pa.Table, client: str | None, step_s: float, name: str) -> list[Event]:
    """Make an answered call of each row, one each ``step_s`` seconds from midnight on."""
    numbers, answers = (
        np.column_stack([rows[each].to_numpy() for each in names]).astype(float).tolist()
        for names in (features("flights"), scores("flights"))
    )
    clients = rows["client"].to_pylist() if client is None else [client] * rows.num_rows
    first = v1_event("flights", 0, [], half="response")
    return [
        replace(
            first,
            event_id=f"{name}-{place}",
            event_time=MIDNIGHT + timedelta(seconds=step_s * place),
            payload=json.dumps({"predictions": [answer]}).encode(),
            request_payload=json.dumps({"instances": [row]}).encode(),
            request_time=MIDNIGHT + timedelta(seconds=step_s * place),
            metadata={"X-CLIENT-ID": [who]} if who else {},
        )
        for place, (row, answer, who) in enumerate(zip(numbers, answers, clients, strict=True))
    ]


def store_with_clients(spark: SparkSession, path: Path) -> LocalStore:
    """Make a store with the reference of the model ``flights``, and the baseline of its clients."""
    table = spark.createDataFrame(recorded("flights", "reference").drop_columns(["client"]))
    store = LocalStore(path)
    store.write_reference(reference_of(table, "flights", predictions=scores("flights"), exclude=[]).toArrow())
    rows = kept_rows("flights", recorded("flights", "honest"))
    store.write_reference(client_baseline(table, rows, "flights", predictions=scores("flights")))
    return store
