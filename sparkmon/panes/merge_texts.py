"""Levels of disjoint rows added up, the commonest kept, and sketches of how many there are merged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.distributions import hll_coupons, merge_hll, write_hll
from sparkmon.distributions.arrays import IntArray
from sparkmon.panes.parts import ITEMS
from sparkmon.panes.pool import PaneLimits


def merged_texts(
    parts: pa.Table, starts: IntArray, sizes: IntArray, limits: PaneLimits
) -> tuple[pa.Array[Any], pa.Array[Any]]:
    """Return the level counts and the distinct sketch of each group of ordered parts."""
    items: Any = parts["frequent_items"].combine_chunks()
    lengths = np.diff(items.offsets.to_numpy())
    keys: Any = items.keys.slice(int(items.offsets[0].as_py()))
    counts = items.items.slice(int(items.offsets[0].as_py())).to_numpy()[: lengths.sum()]
    encoded: Any = keys.slice(0, int(lengths.sum())).dictionary_encode()
    dictionary, size = encoded.dictionary, max(1, len(encoded.dictionary))
    part = np.repeat(np.arange(parts.num_rows), lengths)
    pairs = np.repeat(np.arange(starts.size), sizes)[part] * size + encoded.indices.to_numpy()
    sketches = parts["distinct_sketch"].to_pylist()
    # A part without a sketch has all its levels here.
    is_new = np.array([sketch is None for sketch in sketches])[part]
    new, _ = np.unique(pairs[is_new], return_counts=True)  # without counts numpy hashes: 8x slower
    coupons = hll_coupons(dictionary) if new.size else np.empty(0, np.uint32)
    cuts = np.searchsorted(new, np.arange(starts.size + 1) * size)
    unions: list[bytes | None] = []
    for start, end, low, high in zip(starts, starts + sizes, cuts[:-1], cuts[1:], strict=True):
        some = [sketch for sketch in sketches[start:end] if sketch is not None]
        if high > low:
            some.append(write_hll(coupons[new[low:high] % size]))
        unions.append(merge_hll(some) if len(some) > 1 else some[0] if some else None)
    is_short = pc.binary_length(dictionary).to_numpy() <= limits.name_bytes
    listed = is_short[encoded.indices.to_numpy()]
    pairs, places = np.unique(pairs[listed], return_inverse=True)
    totals = np.bincount(places, counts[listed], minlength=pairs.size).astype(np.int64)
    return _commonest(pairs, totals, dictionary, starts.size, limits.levels), pa.array(unions, pa.binary())


def _commonest(pairs: IntArray, counts: IntArray, dictionary: pa.Array[Any], groups: int, most: int) -> pa.Array[Any]:
    group, code = np.divmod(pairs, max(1, len(dictionary)))
    sizes = np.bincount(group, minlength=groups)
    if sizes.max() > most:
        ranks = np.empty(len(dictionary), np.int64)
        order: Any = pc.array_sort_indices(dictionary, order="descending")
        ranks[order.to_numpy()] = np.arange(len(dictionary))
        places = np.lexsort((ranks[code], -counts, group))
        rank = np.arange(places.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        places = places[rank < most]
        code, counts, sizes = code[places], counts[places], np.minimum(sizes, most)
    offsets: Any = pa.array(np.concatenate([[0], np.cumsum(sizes)]), pa.int32())
    levels: Any = dictionary.take(pa.array(code, pa.int64()))
    frequencies: Any = pa.array(counts, pa.int64())
    return pa.MapArray.from_arrays(offsets, levels, frequencies).cast(ITEMS)
