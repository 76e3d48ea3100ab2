"""The walk over one batch of events, from payloads to row blocks."""

import gc
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparkmon.protocol.bodies import Parsed, read_bodies
from sparkmon.protocol.body import Body
from sparkmon.protocol.decoded_events import DecodedEvents
from sparkmon.protocol.event_columns import HALVES, EventColumns
from sparkmon.protocol.jsontext import load_each
from sparkmon.protocol.layout_pattern import LayoutPattern
from sparkmon.protocol.limits import DEFAULT_LIMITS, Limits
from sparkmon.protocol.read_body import read_body
from sparkmon.protocol.reading_step import Naming, ReadingStep, SideRows, name_columns
from sparkmon.protocol.schema import EVENTS
from sparkmon.protocol.shared_blocks import split
from sparkmon.records import DeadLetter, Half, ModelSchema

_STEP_BYTES = 256 * 2**20
_CHUNK_BYTES, _CHUNK_EVENTS = 2**18, 4096
"""What is read at once: of so much, the parsed JSON stays in the processor's cache."""
_ALIKE = 32
"""Bodies of one model and half read at once that make it worth while to look for what is the same in them."""
_LOOKS = 4
"""How often that is looked for in one batch, of one model and half."""
_BINARY_SIZE = re.compile(rb'"binary_data_size"\s*:\s*([0-9]{1,9})\b')
_LONGEST_HEAD = 2**16

_Places: TypeAlias = npt.NDArray[np.int64]


def decode_events(
    events: pa.RecordBatch,
    schemas: Mapping[str, ModelSchema] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    models_with_notes: Collection[str] = (),
) -> Iterator[DecodedEvents]:
    """Decode a batch of the schema ``EVENTS`` into row blocks, in as many parts as bounded memory asks for.

    A few kilobytes of gzip may open to millions of values, so the size of ``events`` does not bound that of the rows: a
    part is handed out whenever its rows would take some 256 MiB. ``limits`` bound one event.

    ``schemas``, by model, name the columns of payloads without names and type the ambiguous ones.
    Of ``models_with_notes`` sparkmon's transformer makes the requests. Only there the parameter ``sparkmon`` is
    trusted, and not in the transformer's own log: elsewhere it is what a client says.

    >>> from datetime import datetime, timezone
    >>> from sparkmon.protocol.event_batch import events_to_batch
    >>> from sparkmon.records import Event
    >>> time = datetime(2026, 11, 23, tzinfo=timezone.utc)
    >>> events = events_to_batch([Event("1", "response", "pod", time, b'{"predictions": [0, 1]}')])
    >>> [block] = next(decode_events(events)).blocks
    >>> block.predictions.names, block.predictions.numbers.tolist()
    (('prediction',), [[0.0], [1.0]])
    """
    events = events.select(EVENTS.names)
    if events.schema.types != EVENTS.types:
        events = events.cast(EVENTS)
    columns = EventColumns(events, schemas or {}, limits, models_with_notes)
    yield from BatchReader(columns, schemas or {}, limits).steps()


class BatchReader:
    """Reads a batch of events of the schema ``EVENTS`` once, in one or more steps of bounded memory."""

    def __init__(self, columns: EventColumns, schemas: Mapping[str, ModelSchema], limits: Limits) -> None:
        self._columns, self._schemas, self._limits = columns, schemas, limits
        self._namings: dict[tuple[object, ...], Naming] = {}
        self._patterns: dict[tuple[int, Half], LayoutPattern] = {}
        self._looks: Counter[tuple[int, Half]] = Counter()
        self._size = columns.events.num_rows
        self._next = 0

    def steps(self) -> Iterator[DecodedEvents]:
        """Read events until their rows would take too much memory or they end, again and again."""
        while self._next < self._size:
            step = ReadingStep(self._columns, self._next)
            # Parsed JSON has no cycles, and the collector would look at it again and again.
            was_enabled = gc.isenabled()
            gc.disable()
            try:
                while self._next < self._size and step.size <= _STEP_BYTES:
                    self._read_chunk(step)
                    step.settle()
            finally:
                if was_enabled:
                    gc.enable()
            yield step.decoded(self._next)

    def _read_chunk(self, step: ReadingStep) -> None:
        """Read the next events; first those that may outgrow their bytes, such as gzip, until the step is full."""
        columns, start = self._columns, self._next
        sizes = np.cumsum(columns.sizes[start : start + _CHUNK_EVENTS])
        end = start + max(1, int(np.searchsorted(sizes, _CHUNK_BYTES, side="right")))
        payloads = columns.payloads.slice(start, end - start).to_pylist()
        for at in (np.flatnonzero(~columns.is_bulk[start:end]) + start).tolist():
            self._read_one(at, payloads[at - start], step)
            if step.size > _STEP_BYTES:
                end = at + 1
                break
        bulk = np.flatnonzero(columns.is_bulk[start:end]) + start
        for _, group in split(columns.groups[bulk]):
            places = bulk[group]
            self._read_many(places, [payloads[i] for i in (places - start).tolist()], step)
        self._next = end

    def _read_many(self, places: _Places, payloads: list[bytes], step: ReadingStep) -> None:
        """Read events of one half, and of one schema or none."""
        half = HALVES[self._columns.halves[places[0]]]
        texts, tails = _heads(payloads, self._columns.heads[places])
        if tails is None and not self._columns.has_notes[places[0]]:
            places, texts = self._read_alike(places, texts, half, step)
            if not texts:
                return
            payloads = texts
        if tails is None:
            bodies = load_each(texts)
        else:
            # The heads of binary bodies are mostly the same.
            heads = dict.fromkeys(texts)
            by_text = dict(zip(heads, load_each(heads), strict=True))
            bodies = [by_text[text] for text in texts]
        if None in bodies:
            for at in (at for at, body in enumerate(bodies) if body is None):
                self._read_one(int(places[at]), payloads[at], step)
            readable = [at for at, body in enumerate(bodies) if body is not None]
            if not readable:
                return
            places, bodies = places[readable], [bodies[at] for at in readable]
            payloads = [payloads[at] for at in readable]
            tails = tails and [tails[at] for at in readable]
        parsed = Parsed(half, bodies, tails, list(map(len, payloads)), bool(self._columns.has_notes[places[0]]))
        for index, body in read_bodies(parsed, self._limits):
            some = places if len(index) == len(places) else places[index]
            self._add(some, half, body, step)

    def _read_alike(
        self, places: _Places, texts: list[bytes], half: Half, step: ReadingStep
    ) -> tuple[_Places, list[bytes]]:
        """Read those events of a model that differ in their values alone; return the others."""
        others: list[int] = []
        for model, own in split(self._columns.model_codes[places]):
            index = own.tolist()
            some = texts if len(index) == len(texts) else [texts[at] for at in index]
            matching, body = self._match((model, half), some)
            if body is not None:
                self._add(places[own[matching]], half, body, step)
                index = np.delete(own, matching).tolist()
            others += index
        if len(others) == len(texts):
            return places, texts
        others.sort()
        return places[others], [texts[at] for at in others]

    def _match(self, key: tuple[int, Half], texts: list[bytes]) -> tuple[list[int], Body | None]:
        """Read what matches the pattern of a model and half."""
        if key not in self._patterns and len(texts) >= _ALIKE and self._looks[key] < _LOOKS:
            self._looks[key] += 1
            pattern = LayoutPattern.of(texts[0], key[1], self._limits)
            if pattern is not None:
                self._patterns[key] = pattern
        if key not in self._patterns:
            return [], None
        matching, body = self._patterns[key].read(texts)
        if 2 * len(matching) < len(texts):
            del self._patterns[key]
        return matching, body

    def _read_one(self, at: int, payload: bytes, step: ReadingStep) -> None:
        """Read an event that is read by itself."""
        columns = self._columns
        half = columns.types[columns.type_codes[at]]
        sides: list[SideRows] = []
        if columns.conditions is not None and columns.conditions[at] is not None:
            reason = columns.events.column("reason")[at].as_py() or ""
            body = Body("dead_letter", dead_letter=DeadLetter(columns.conditions[at], reason))
        else:
            body = self._body(at, payload, half)
            request = None if columns.requests is None else columns.requests[at]
            if request is not None and half == "response" and body.dead_letter is None:
                # A request that cannot be read is its own dead letter.
                paired = self._body(at, request, "request", is_own=False)
                body.ids = body.ids if body.ids and body.ids[0] else paired.ids
                sides = self._sides(at, "request", paired)[0]
        self._add(np.array([at]), half, body, step, sides)

    def _add(
        self, places: _Places, half: Half, body: Body, step: ReadingStep, request_sides: Sequence[SideRows] = ()
    ) -> None:
        sides, dead_letter = self._sides(int(places[0]), half, body)
        if dead_letter is not None:
            step.add(places, half, replace(body, dead_letter=dead_letter), [])
            return
        present = {side.side for side in request_sides}
        step.add(places, half, body, [*request_sides, *(s for s in sides if s.side not in present)])

    def _sides(self, at: int, half: Half, body: Body) -> tuple[list[SideRows], DeadLetter | None]:
        """Name the rows of a body, and a transformer's notes on it."""
        if body.dead_letter is not None:
            return [], body.dead_letter
        sides: list[SideRows] = []
        if body.rows.count:
            naming = self._naming(self._columns.models[self._columns.model_codes[at]], half, body)
            if naming.dead_letter is not None:
                return [], naming.dead_letter
            sides.append(SideRows("features" if half == "request" else "predictions", naming, body.rows))
        for side, rows in (("entities", body.entities), ("row_flags", body.row_flags)):
            if rows.count and rows.names:
                naming = self._namings.setdefault((side, rows.names), Naming(rows.names))
                sides.append(SideRows(side, naming, rows))
        return sides, None

    def _naming(self, model: str, half: Half, body: Body) -> Naming:
        """Name the columns of one layout; the same object each time."""
        schema, rows = self._schemas.get(model), body.rows
        key = (schema and schema.model, half, rows.named, rows.names)
        naming = self._namings.get(key)
        if naming is None:
            columns = () if schema is None else schema.predictions
            if schema is not None and half == "request":
                columns = schema.features
            naming = self._namings[key] = name_columns(rows.names, rows.named, columns)
        return naming

    def _body(self, at: int, payload: bytes, half: str, *, is_own: bool = True) -> Body:
        """Read one body; the status code is of the event's own, not of a request that travels with it."""
        columns = self._columns
        heads, statuses = columns.head_lengths, columns.statuses
        return read_body(
            payload,
            half,
            content_type=columns.content_types[columns.content_codes[at]],
            head_length=None if heads is None else heads[at],
            status_code=statuses[at] if statuses is not None and is_own else None,
            has_notes=bool(columns.has_notes[at]),
            limits=self._limits,
        )


def _heads(payloads: list[bytes], heads: _Places) -> tuple[list[bytes], list[bytes] | None]:
    """Cut binary bodies where their JSON head ends: as the event says, or else as the head itself does."""
    if (heads < 0).all():
        return payloads, None
    ends = heads.tolist()
    if (heads <= 0).any():
        ends = [
            len(payload) if head < 0 else head or _head_length(payload)
            for payload, head in zip(payloads, ends, strict=True)
        ]
    texts = [payload[:end] for payload, end in zip(payloads, ends, strict=True)]
    return texts, [payload[end:] for payload, end in zip(payloads, ends, strict=True)]


def _head_length(payload: bytes) -> int:
    """Guess the length of a head by the sizes of the tensors in it; a wrong guess is no JSON."""
    return max(0, len(payload) - sum(map(int, _BINARY_SIZE.findall(payload[:_LONGEST_HEAD]))))
