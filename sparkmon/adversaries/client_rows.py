"""What a client asked for: the kept rows of its calls, laid out as those of the reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.adversaries.honest import Honest
from sparkmon.detectors import Rows
from sparkmon.distributions.arrays import FloatArray, IntArray
from sparkmon.protocol import Cells, blocks_of_rows

CLIENT_COLUMNS = [
    *("model", "model_version", "event_type", "event_id", "event_time", "instance", "client"),
    *("features", "predictions", "entities", "row_flags"),
]
"""The columns of the table ``rows`` that are read."""
_NEARLY_ALL = 0.9


@dataclass(slots=True)
class ClientRows:
    """Some rows of one client, in the order of their times."""

    times: IntArray
    """Microseconds since 1970."""
    ids: list[tuple[str, int]]
    """The event of each, and its place in it."""
    rows: Rows
    scores: FloatArray | None
    """Rows x classes; None where the model's answers are not known."""

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, places: slice) -> ClientRows:
        """Return some of these rows, one after the other."""
        scores = None if self.scores is None else self.scores[places]
        return ClientRows(self.times[places], self.ids[places], self.rows.take(places), scores)

    def plus(self, later: ClientRows) -> ClientRows:
        """Return these rows and later ones."""
        scores = None if self.scores is None or later.scores is None else np.vstack([self.scores, later.scores])
        rows = Rows(*(np.vstack([getattr(each.rows, name) for each in (self, later)]) for name in Rows.__slots__))
        return ClientRows(np.concatenate([self.times, later.times]), self.ids + later.ids, rows, scores)


def rows_by_client(honest: Honest, rows: pa.Table) -> Iterator[tuple[str, ClientRows]]:
    """Return the rows of each client, of ``sparkmon.schemas.ROWS`` of one model; ``""`` has those without.

    They are a client's answered requests where nearly all of its requests have their answers, else its requests.
    """
    rows = rows.combine_chunks()
    if not rows.num_rows:
        return
    clients: Any = rows["client"].combine_chunks().fill_null("").dictionary_encode()
    codes, names = clients.indices.to_numpy(), clients.dictionary.to_pylist()
    has_features = np.asarray(pc.is_valid(rows["features"]))
    is_answer = np.asarray(pc.equal(rows["event_type"], pa.scalar("response")))
    answered, requests = has_features & is_answer, has_features & ~is_answer
    counts = [np.bincount(codes, each, minlength=len(names)) for each in (answered, requests)]
    is_paired = counts[0] >= _NEARLY_ALL * counts[1]
    chosen = np.flatnonzero(np.where(is_paired[codes], answered, requests))
    rows, codes = rows.take(chosen), codes[chosen]
    order: Any = [(name, "ascending") for name in ("code", "event_time", "event_id", "instance")]
    places = pc.sort_indices(rows.append_column("code", pa.array(codes)), sort_keys=order)
    together = _laid_out(honest, rows.take(places))
    codes = codes[places.to_numpy()]
    ends = [*(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(codes)]
    first = 0
    for end in ends if len(codes) else ():
        client = together.take(slice(first, end))
        if not is_paired[codes[first]] or (client.scores is not None and np.isnan(client.scores).any()):
            client.scores = None
        yield names[codes[first]], client
        first = end


def _laid_out(honest: Honest, rows: pa.Table) -> ClientRows:
    columns, count = honest.columns, rows.num_rows
    numbers = np.full((count, len(columns.numbers)), np.nan)
    faults, levels = np.zeros(numbers.shape, np.int8), np.full((count, len(columns.levels)), -1)
    scores = np.full((count, len(honest.label_shares)), np.nan)
    first = 0
    for batch in rows.combine_chunks().to_batches():
        for block in blocks_of_rows(batch):
            assert block.features is not None
            read, at = columns.read(block.features), first + block.event
            numbers[at], faults[at], levels[at] = read.numbers, read.faults, read.levels
            _put_scores(scores, at, block.predictions)
        first += batch.num_rows
    times = rows["event_time"].cast(pa.int64()).to_numpy()
    ids: list[Any] = [*zip(rows["event_id"].to_pylist(), rows["instance"].to_pylist(), strict=True)]
    return ClientRows(times, ids, Rows(numbers, faults, levels), scores if honest.has_scores else None)


def _put_scores(scores: FloatArray, places: IntArray, predictions: Cells | None) -> None:
    """Put a block's predictions in if they are as many numbers as the model has classes, or the one of class 1."""
    if predictions is None:
        return
    width = predictions.numbers.shape[1]
    if width == scores.shape[1]:
        scores[places] = predictions.numbers
    elif width == 1 and scores.shape[1] == 2:
        scores[places] = np.hstack([1 - predictions.numbers, predictions.numbers])
