"""Random pairs of profiles of every kind that a table may hold, for one number to be asked in several ways."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from datasketches import kll_doubles_sketch, kll_floats_sketch

from sparkmon.distributions import Joint, Projection, QuantileTable
from sparkmon.distributions.schema import PROFILE

__all__ = ["Profile", "random_pairs"]

Profile = dict[str, Any]
_EMPTY: Profile = {field.name: None for field in PROFILE}


def random_pairs(seed: int, count: int, greatest_k: int = 800) -> Iterator[tuple[Profile, Profile]]:
    """Give references and profiles: three of five of numbers, the others of levels or of whole rows."""
    random = np.random.default_rng(seed)
    makers = [_of_numbers, _of_numbers, _of_numbers, _of_levels, _of_rows]
    for at in range(count):
        yield makers[at % len(makers)](random, greatest_k)


def _of_numbers(random: np.random.Generator, greatest_k: int) -> tuple[Profile, Profile]:
    shape, scale = random.integers(6), 10.0 ** random.integers(-3, 6)
    sides = []
    for k in (greatest_k, int(random.choice([8, 60, 200]))):
        rows, shift = int(random.choice([1, 2, 30, 900, 5_000])), random.choice([0.0, 0.05, 0.7])
        drawn = [
            random.normal(shift, 1 + shift, rows),
            random.poisson(3 + shift, rows),
            random.integers(0, 9, rows) + shift,
            np.round(random.normal(50 + shift, 9, rows), 2),
            np.full(rows, 7.0 + shift),
            random.lognormal(shift, 2, rows),
        ][shape]
        sides.append(_numbers(random, np.asarray(drawn, np.float64) * (scale if shape in (0, 5) else 1), k))
    if random.random() < 0.15:
        sides[0]["sketch"] = _table(random, sides[0]["num_numbers"], scale)
        sides[0]["avg"] = sides[0]["m2"] = None
    return sides[0], sides[1]


def _numbers(random: np.random.Generator, values: np.ndarray, k: int) -> Profile:
    sketch = (kll_floats_sketch if random.random() < 0.1 else kll_doubles_sketch)(k)
    sketch.update(values)
    counts = {f"num_{name}": int(random.integers(0, 40) * (random.random() < 0.3)) for name in ("nulls", "nan", "inf")}
    counts["num_texts"] = int(random.integers(0, values.size // 2 + 1) * (random.random() < 0.2))
    moments = {"avg": float(values.mean()), "m2": float(values.var() * values.size)} if random.random() < 0.7 else {}
    rows = values.size + sum(counts.values())
    return {**_EMPTY, **counts, **moments, "count": rows, "num_numbers": values.size, "sketch": sketch.serialize()}


def _table(random: np.random.Generator, rows: int, scale: float) -> bytes:
    cuts = int(random.integers(2, 30))
    edges = np.sort(random.normal(0, 1, cuts) * scale).tolist()
    if random.random() < 0.5:
        return QuantileTable.from_histogram(edges, random.integers(1, 500, cuts - 1).tolist(), slack=1e-3).to_bytes()
    shares = dict(zip(((np.arange(cuts) + 1) / (cuts + 1)).tolist(), edges, strict=True))
    extremes = {"minimum": edges[0], "maximum": edges[-1]} if random.random() < 0.5 else {}
    return QuantileTable.from_percentiles(shares, rows, error=0.01, **extremes).to_bytes()


def _of_levels(random: np.random.Generator, _: int) -> tuple[Profile, Profile]:
    words = [["0", "1"], ["false", "true"], [f"l{at}" for at in range(7)], [f"é{at}😀" for at in range(400)]]
    at = int(random.integers(len(words)))
    if at < 2:
        return _levels(random, words[at]), _levels(random, words[random.integers(2)])
    return _levels(random, words[at]), _levels(random, [*words[at][int(random.integers(3)) :], "new"])


def _levels(random: np.random.Generator, words: list[str]) -> Profile:
    shares = random.dirichlet(np.full(len(words), random.choice([0.2, 2.0])))
    rows = int(random.choice([5, 400, 90_000]))
    counts = {word: int(count) for word, count in zip(words, random.multinomial(rows, shares), strict=True) if count}
    if random.random() < 0.2:  # heavy hitters are upper bounds
        counts = {word: count + 3 for word, count in counts.items()}
    elif random.random() < 0.3:  # or the commonest alone
        counts = dict(sorted(counts.items(), key=lambda item: -item[1])[:3])
    nulls, numbers = (int(random.integers(0, 5)) for _ in range(2))
    known = {"num_nulls": nulls, "num_nan": 0, "num_inf": 0, "num_numbers": min(numbers, rows - 1), "num_texts": rows}
    missing = {"sketch": _of_few(known["num_numbers"])}
    return {**_EMPTY, **known, **missing, "count": nulls + known["num_numbers"] + rows, "frequent_items": counts}


def _of_few(rows: int) -> bytes | None:
    sketch = kll_doubles_sketch(8)
    sketch.update(np.arange(float(rows)))
    found: bytes = sketch.serialize()
    return found if rows else None


def _of_rows(random: np.random.Generator, greatest_k: int) -> tuple[Profile, Profile]:
    sides = []
    for sign in (1, random.choice([1, -1])):
        rows = random.normal(size=(200, 2)) @ np.array([[1, 0.8 * sign], [0, 0.6]])
        errors, vectors = _projection(int(random.integers(8) == 0)).project(rows)
        vector = Joint.of(errors, vectors).vector.astype(np.float32).tolist()
        sides.append({**_numbers(random, errors, greatest_k), "num_texts": 0, "vector": vector})
    for side in sides:
        side["count"] = sum(side[f"num_{name}"] for name in ("nulls", "nan", "inf", "numbers"))
    return sides[0], sides[1]


@cache
def _projection(seed: int) -> Projection:
    x, y = np.random.default_rng(seed).normal(size=(2, 300))
    return Projection.from_sample(["x", "y"], np.column_stack([x, 0.8 * x + 0.6 * y]))
