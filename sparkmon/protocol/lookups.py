"""Looking one name up in a whole column of header or annotation maps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


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
