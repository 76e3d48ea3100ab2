"""What another process counts of the batches that it writes, as over Spark Connect, is in the metrics once."""

from collections.abc import Callable

import pyarrow as pa

from sparkmon.health import Counts
from sparkmon.monitor.batch_counts import to_columns
from sparkmon.state import EVENT_DIGESTS
from tests.monitor.closer_desk import SIZE, CloserDesk, desk, traffic
from tests.support.panes import MIDNIGHT

__all__ = ["desk"]  # the fixture

FIRST = Counts(redelivered_events=7, dead_letters={"BODY_NOT_JSON": 90}, namespaces={"shop": frozenset({"old"})})
SECOND = Counts(
    redelivered_events=2,
    dead_letters={"BODY_NOT_JSON": 3},
    skipped_rows={"bank": 5},
    holders={"bank": "/other"},
    namespaces={"shop": frozenset({"prod", "test"})},
)
THIRD = Counts(dead_letters={"BODY_NOT_JSON": 1, "HEADER_NOT_UTF8": 4}, namespaces={"shop": frozenset({"prod"})})


def write(server: CloserDesk, batch_id: int, counts: Counts, panes: pa.Table) -> None:
    row = {"query_id": "q", "batch_id": batch_id, "last_event_time": MIDNIGHT, "digests": b"", **to_columns(counts)}
    digests = pa.Table.from_pylist([row], schema=EVENT_DIGESTS)
    server.tables.append(digests, "event_digests", writer="q", batch_id=batch_id)
    server.ingest(batch_id, panes, crash=True)  # it is left to catch_up


def test_counts_of_batches_since_the_start_are_added_once(desk: Callable[..., CloserDesk]) -> None:
    one, server = desk(), desk()
    panes = traffic("shop", MIDNIGHT)
    write(server, 0, FIRST, panes)
    one.closer.open_state()
    write(server, 1, SECOND, panes)
    one.closer.catch_up()
    write(server, 2, THIRD, panes.slice(0, 0))  # none of its events is of a model
    one.closer.catch_up()
    one.closer.catch_up()
    found = one.counters.counts
    assert found.rows == SIZE
    assert found.redelivered_events == 2
    assert found.dead_letters == {"BODY_NOT_JSON": 4, "HEADER_NOT_UTF8": 4}
    assert (found.skipped_rows, found.holders) == ({"bank": 5}, {"bank": "/other"})
    assert found.namespaces == {"shop": {"prod", "test"}}


def test_tables_of_an_earlier_version_have_no_counts(desk: Callable[..., CloserDesk]) -> None:
    one = desk()
    one.closer.open_state()
    old = {"query_id": "q", "batch_id": 0, "last_event_time": MIDNIGHT, "digests": b""}
    one.tables.append(
        pa.Table.from_pylist([old], pa.schema([*EVENT_DIGESTS][:4])), "event_digests", writer="q", batch_id=0
    )
    one.ingest(0, traffic("shop", MIDNIGHT), crash=True)
    one.closer.catch_up()
    assert (one.counters.counts.rows, one.counters.counts.redelivered_events) == (SIZE, 0)
