"""What happened to a column between the reference and a window, as data and in one clause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from sparkmon.distributions import Distribution
from sparkmon.explain.moved import NULLS, UNSEEN, Moved, moved
from sparkmon.explain.units import rescaled
from sparkmon.printable import printable

_MOST_BINS = 5
_LEAST = 0.1
"""The least share of the rows that one value or what is missing must hold to be what happened."""
_HALF = 0.5
"""What happened accounts for at least this share of the rows that moved."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a column; the fields are those of ``sparkmon.explain.CAUSES``."""

    pattern: str
    share: float
    bins: tuple[tuple[str, float], ...]
    words: str
    """One clause, such as ``it looks frozen: 80.9 in 97 % of the rows, where the reference has it in 0 %``."""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields that are data."""
        bins = [{"bin": name, "rows": rows} for name, rows in self.bins]
        return {"pattern": self.pattern, "share": self.share, "bins": bins}


def change_of(reference: object, current: object) -> Change | None:
    """Say what happened to a column, by its two summaries; None if they cannot be compared, or are equal.

    In this order: rows without a value, one value that holds the rows, values in other units, levels that the reference
    does not have; or else where the most rows more are than the reference has.

    >>> before = Distribution.from_sample(range(1_000))
    >>> print(change_of(before, Distribution.from_sample([7.0] * 80 + [*range(100, 120)])).words)
    it looks frozen: 7 in 80 % of the rows, where the reference has it in 0.1 %
    >>> print(change_of(before, Distribution.from_sample([None] * 50 + [*range(0, 1_000, 20)])).words)
    it looks broken: no value in 50 % of the rows, where the reference has none in 0 %
    """
    both = moved(reference, current)
    if both is None or not both.share > 0:
        return None
    pattern, words = next(_patterns(reference, current, both))
    return Change(pattern, both.share, tuple(both.first(_MOST_BINS)), words)


def _patterns(reference: Any, current: Any, both: Moved) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - two of one kind
    enough = max(_LEAST, _HALF * both.share)
    no_value = current.null_count / both.count
    if both.rows[NULLS] / both.count >= enough:
        before = _percent(reference.null_count / max(reference.n + reference.null_count, 1.0))
        rows = f"no value in {_percent(no_value)} of the rows"
        yield "missing", f"it looks broken: {rows}, where the reference has none in {before}"
    if isinstance(current, Distribution):
        yield from _of_numbers(reference, current, enough)
    elif both.rows[UNSEEN] / both.count >= enough:
        new = {level: rows for level, rows in current.counts.items() if level not in reference.counts}
        most = f", most of all {printable(max(new, key=lambda level: new[level]))[:40]}" if new else ""
        rows = _percent(both.rows[UNSEEN] / both.count)
        yield "unseen", f"{rows} of the rows have levels that the reference does not have{most}"
    yield "moved", f"{both.words} than the reference's shares give, of {both.count:,.0f}"


def _of_numbers(reference: Distribution, current: Distribution, enough: float) -> Iterator[tuple[str, str]]:
    if not current.n:
        return
    at = int(current.weights.argmax())
    value = current.values[at]
    upto = reference.cdf([value, np.nextafter(value, -np.inf)])
    now, before = float(current.weights[at]) / current.rows, float(upto[0] - upto[1])
    if now - before >= enough:
        rows = f"{value:.4g} in {_percent(now)} of the rows"
        yield "frozen", f"it looks frozen: {rows}, where the reference has it in {_percent(before)}"
    scale = rescaled(reference, current)
    if scale is None:
        return
    values = "its values are" if scale.share == 1 else f"{_percent(scale.share)} of its values are"
    named = f" ({scale.name})" if scale.name else ""
    looks = {"units": "other units", "scale": "another scale", "shift": "another zero"}[scale.pattern]
    yield scale.pattern, f"it looks like {looks}: {values} {scale.formula} of the reference's{named}"


def _percent(share: float) -> str:
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 10 or percent < 0.05 else f"{percent:.1g} %"
