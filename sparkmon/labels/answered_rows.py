"""The answered rows of a window: predictions, with the features of their requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.interval import from_micros, to_micros
from sparkmon.performance import class_names
from sparkmon.protocol import ROWS, RowBlock, blocks_of_rows
from sparkmon.tables import TableWriter, completed, meeting

_COLUMNS = [
    *("model", "model_version", "event_type", "event_id", "event_time", "request_id", "instance"),
    *("features", "predictions", "entities", "row_flags", "client"),
]
_OF_REQUESTS = ("features", "entities", "row_flags")
_APART = timedelta(minutes=1)
"""How long before its answer a request may have been logged."""
_ROWS_AT_ONCE = 200_000


def answered_rows(
    tables: TableWriter, model: str, start: datetime, end: datetime, count: int, *, with_requests: bool = True
) -> Iterator[pa.Table]:
    """Read the rows that a model answered in a window, in parts that follow each other in time.

    ``count`` is about how many there are. Each part is in the order of its times, and has the columns of
    ``sparkmon.schemas.ROWS`` that a block is made of; without requests, which are most of the bytes, features and
    entities are null.
    """
    schema = pa.schema([ROWS.field(name) for name in _COLUMNS])
    read = _COLUMNS if with_requests else [name for name in _COLUMNS if name not in _OF_REQUESTS]
    half = [] if with_requests else [("event_type", "=", "response")]
    bounds = np.linspace(to_micros(start), to_micros(end), 2 + count // _ROWS_AT_ONCE, dtype=np.int64)
    for first, last in pairwise([from_micros(int(each)) for each in bounds]):
        where = [("model", "=", model), ("event_time", ">=", first - _APART), ("event_time", "<", last), *half]
        rows = tables.read("rows", read, where)
        if rows is not None:
            answers = _answers(rows, first)
            yield _with_requests(answers, rows) if with_requests else completed(answers, schema)


def answer_blocks(part: pa.Table) -> Iterator[RowBlock]:
    """Return a part as blocks; ``event`` is the place of a row in the part."""
    first = 0
    for batch in part.combine_chunks().to_batches():
        for block in blocks_of_rows(batch):
            if block.predictions is not None:
                yield RowBlock(
                    block.model,
                    block.model_version,
                    block.event_type,
                    block.event + first,
                    block.event_time,
                    block.instance,
                    block.features,
                    block.predictions,
                    block.entities,
                )
        first += batch.num_rows


def values_of(part: pa.Table, name: str) -> pa.Array[Any]:
    """Return an entity or a feature of each row as a text, as labels have it."""
    values: Any = None
    for side in ("entities", "features"):
        # The last value of a key that comes twice, as elsewhere.
        value = pc.map_lookup(part[side].combine_chunks(), pa.scalar(name), "last")
        number, text = (pc.struct_field(value, each) for each in ("number", "text"))
        each = pc.coalesce(text, class_names(number))
        values = each if values is None else pc.coalesce(values, each)
    return values  # type: ignore[no-any-return]


def _answers(rows: pa.Table, first: datetime) -> pa.Table:
    """Return the responses since ``first`` in the order of their times."""
    answers = meeting(
        rows, [("event_type", "=", "response"), ("predictions", "not null", None), ("event_time", ">=", first)]
    )
    times = answers["event_time"].cast(pa.int64()).to_numpy()
    if (np.diff(times) > 0).all():  # as a log that came in order has it; to sort maps costs more than to read them
        return answers
    return answers.sort_by([(name, "ascending") for name in ("event_time", "event_id", "instance")])


def _with_requests(answers: pa.Table, rows: pa.Table) -> pa.Table:
    """Give each response what its request has if it has not got it itself."""
    requests = rows.filter(pc.equal(rows["event_type"], pa.scalar("request")))
    places = pc.index_in(_hop(answers), _hop(requests))
    for name in ("features", "entities", "client"):
        own, others = answers[name].combine_chunks(), requests[name].combine_chunks()
        # Where neither has it, its own null stays.
        at = np.where(pc.is_valid(own), np.arange(len(own)), len(own) + places.fill_null(-len(own) - 1).to_numpy())
        at = np.where(at < 0, np.arange(len(own)), at)
        both: Any = pa.concat_arrays([own, others])
        answers = answers.set_column(answers.schema.get_field_index(name), name, both.take(pa.array(at)))
    return answers


def _hop(rows: pa.Table) -> Any:  # noqa: ANN401 - an Arrow array
    """Return what the halves of a row have in common."""
    parts: list[Any] = [rows["event_id"], rows["model_version"], rows["instance"].cast(pa.string()), pa.scalar("\n")]
    return pc.binary_join_element_wise(*parts).combine_chunks()
