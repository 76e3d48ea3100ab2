"""What a real agent sent, decoded to blocks, has the panes that a plain loop counts in the decoded rows."""

import pyarrow as pa
import pytest

from sparkmon.protocol import RowBlock, blocks_of_rows, decode_events, events_to_batch
from tests.panes.blocks import counted
from tests.panes.test_builder import HOUR, built, by_column, close
from tests.protocol.captures import all_events, kafka_events, stored
from tests.support.decoding import decode_batch

COLUMNS = ["model", "model_version", "event_type", "event_time", "features", "predictions", "row_flags"]


def batches() -> dict[str, pa.RecordBatch]:
    """Return all captured events, as each way delivers them."""
    kafka = [event for mode in ("binary", "structured") for events in kafka_events(mode).values() for event in events]
    ways = {"http": all_events(), "kafka": kafka, "stored": [event for events in stored().values() for event in events]}
    return {way: events_to_batch(events) for way, events in ways.items()}


@pytest.mark.parametrize("way", ["http", "kafka", "stored"])
@pytest.mark.parametrize("form", ["decoded", "of rows"])
def test_captured_events_have_the_panes_of_their_rows(way: str, form: str) -> None:
    events = batches()[way]
    assert events.num_rows > 10
    rows = decode_batch(events)
    blocks: list[RowBlock] = blocks_of_rows(rows)
    if form == "decoded":
        blocks = [block for part in decode_events(events) for block in part.blocks]
    expected = counted(pa.Table.from_batches([rows.select(COLUMNS)]), HOUR)
    panes = by_column(built(blocks), HOUR)
    assert len(panes) >= 5
    assert panes == {key: close(profile) for key, profile in expected.items()}
