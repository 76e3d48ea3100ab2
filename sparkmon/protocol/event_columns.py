"""What is read of a batch of events without an object per event, and which bodies can be read with others."""

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.protocol.limits import Limits
from sparkmon.protocol.read_body import HEAD_LENGTH
from sparkmon.records import Half, ModelSchema

HALVES: tuple[Half, Half] = ("request", "response")
TRANSFORMER = "transformer"

_OPEN, _CLOSE, _NEW_LINE = b"{}\n"

_Bools: TypeAlias = npt.NDArray[np.bool_]
_Numbers: TypeAlias = npt.NDArray[np.int64]


class EventColumns:
    """The columns of a batch of events of the schema ``EVENTS``; ``schemas`` are those of some models, by name."""

    def __init__(
        self,
        events: pa.RecordBatch,
        schemas: Mapping[str, ModelSchema],
        limits: Limits,
        models_with_notes: Collection[str],
    ) -> None:
        self.events = events
        self.times: _Numbers = events.column("event_time").cast(pa.int64()).to_numpy()
        self.type_codes, self.types = _words(events, "event_type")
        self.model_codes, self.models = _words(events, "model")
        self.content_codes, self.content_types = _words(events, "content_type")
        self.statuses = _sparse(events, "status_code")
        self.requests = _sparse(events, "request_payload")
        self.conditions = _sparse(events, "condition")
        self.versions = _versions(events)
        head_lengths = look_up(events.column("metadata"), HEAD_LENGTH, keep_empty=True)
        self.head_lengths = None if head_lengths is None else head_lengths.to_pylist()
        self.payloads: Any = events.column("payload")
        self.sizes, first, last = _ends(self.payloads)
        half = np.array([HALVES.index(t) if t in HALVES else -1 for t in self.types])
        schema = np.array([i if m in schemas else -1 for i, m in enumerate(self.models)])
        self.halves: _Numbers = half[self.type_codes]
        component_codes, components = _words(events, "component")
        is_asked = np.array([name == TRANSFORMER for name in components], np.bool_)[component_codes]
        has_view = np.array([name in models_with_notes for name in self.models], np.bool_)
        self.has_notes: _Bools = has_view[self.model_codes] & ~is_asked
        """Whether a note in the body is the transformer's. What a transformer itself was asked is a client's word."""
        self.groups: _Numbers = self.halves + 2 * self.has_notes + 4 * (schema[self.model_codes] + 1)
        """Events of one group have one half, one schema or none, and all or none of them have notes."""
        is_whole = (last == _CLOSE) | (last == _NEW_LINE)
        # A response keeps the length of its head to itself.
        self.heads = np.where((self.halves == 1) & ~is_whole, 0, -1)
        """By event, how long its JSON head is; 0 if the head itself says so, -1 if the body is all JSON."""
        self.is_bulk = self._may_be_bulk(limits) & (first == _OPEN)
        """Whether the body can be read with others."""
        if head_lengths is not None:
            self._cut_requests(head_lengths)

    def _may_be_bulk(self, limits: Limits) -> _Bools:
        """Tell which events are requests or responses that are nothing but their body."""
        is_bulk: _Bools = self.halves >= 0
        is_bulk &= self.sizes <= min(limits.payload_bytes, limits.values)
        if self.conditions is not None:
            is_bulk &= self.events.column("condition").is_null().to_numpy(zero_copy_only=False)
        if self.requests is not None:
            is_single = self.events.column("request_payload").is_null()
            is_bulk &= (self.halves == 0) | is_single.to_numpy(zero_copy_only=False)
        if self.statuses is not None:
            codes = self.events.column("status_code").fill_null(0).to_numpy(zero_copy_only=False)
            is_bulk &= codes < 400
        return is_bulk

    def _cut_requests(self, head_lengths: Any) -> None:  # noqa: ANN401
        """Take the lengths of heads that requests say; one that cannot be is read by itself."""
        is_number = pc.match_substring_regex(head_lengths, "^[0-9]{1,12}$")
        numbers = pc.if_else(is_number, head_lengths, pa.scalar(None, pa.string()))
        lengths = numbers.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
        has_length = head_lengths.is_valid().to_numpy(zero_copy_only=False) & (self.halves == 0)
        is_cut = has_length & (lengths > 0) & (lengths <= self.sizes)
        self.heads[is_cut] = lengths[is_cut]
        self.is_bulk &= is_cut | ~has_length


def _ends(
    payloads: Any,  # noqa: ANN401
) -> tuple[_Numbers, npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return the sizes of payloads, and their first and last bytes; 0 for an empty one."""
    _, offset_buffer, data_buffer = payloads.buffers()
    if not len(payloads) or data_buffer is None or not data_buffer.size:
        nothing = np.zeros(len(payloads), np.uint8)
        return np.zeros(len(payloads), np.int64), nothing, nothing
    offsets = np.frombuffer(offset_buffer, np.int32)[payloads.offset :][: len(payloads) + 1]
    offsets = offsets.astype(np.int64)
    data = np.frombuffer(data_buffer, np.uint8)
    sizes = np.diff(offsets)
    last = len(data) - 1
    first_bytes = np.where(sizes > 0, data[np.minimum(offsets[:-1], last)], 0)
    last_bytes = np.where(sizes > 0, data[np.clip(offsets[1:] - 1, 0, last)], 0)
    return sizes, first_bytes.astype(np.uint8), last_bytes.astype(np.uint8)


def _words(events: pa.RecordBatch, name: str) -> tuple[_Numbers, list[Any]]:
    """Read a column of few distinct strings: each string once, and by event its index."""
    encoded: Any = events.column(name).dictionary_encode("encode")
    codes: _Numbers = encoded.indices.to_numpy().astype(np.int64)
    return codes, encoded.dictionary.to_pylist()


def _sparse(events: pa.RecordBatch, name: str) -> list[Any] | None:
    """Read a column that is mostly null; None when it is null altogether."""
    column = events.column(name)
    return None if column.null_count == len(column) else column.to_pylist()


def _versions(events: pa.RecordBatch) -> Any | None:  # noqa: ANN401
    """Read the ``model-version`` annotations of events; None when no event has one."""
    names = ("model-version", "model_version")
    columns = (look_up(events.column("annotations"), name) for name in names)
    choices: list[Any] = [column for column in columns if column is not None]
    return pc.coalesce(*choices) if choices else None


def look_up(maps: Any, name: str, *, keep_empty: bool = False) -> Any | None:  # noqa: ANN401 - Arrow arrays of a type the stubs cannot say
    """Find the value of a key in each map of a column; where values are lists, the first element.

    ``name`` is in lower case; keys match in any case, and the first that does counts. The result has a string per map,
    null if the key is absent, or its value empty unless empty ones are kept; it is None if no map has the key.
    """
    offsets = maps.offsets.to_numpy()
    first, last = int(offsets[0]), int(offsets[-1])
    if first == last:
        return None
    keys = maps.keys.slice(first, last - first)
    hits = first + np.flatnonzero(np.asarray(pc.equal(pc.utf8_lower(keys), pa.scalar(name))))
    values = maps.items
    places = hits
    if pa.types.is_list(values.type):
        inner = values.offsets.to_numpy()
        hits = hits[inner[hits + 1] > inner[hits]]
        places, values = inner[hits], values.values
    if not len(hits):
        return None
    owners = np.searchsorted(offsets, hits, side="right") - 1
    chosen = np.full(len(maps), -1, np.int64)
    chosen[owners[::-1]] = places[::-1]
    column = values.take(pa.array(chosen, mask=chosen < 0))
    if keep_empty:
        return column
    return pc.if_else(pc.equal(column, pa.scalar("")), pa.scalar(None, pa.string()), column)
