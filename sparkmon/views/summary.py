"""What changed in a span, what is fine, and what could not be judged: a model in a few sentences."""

from dataclasses import dataclass, replace
from datetime import datetime

from sparkmon.comparison import BEYOND
from sparkmon.views.advice import advice
from sparkmon.views.findings import Cell, HeatMap, findings_of
from sparkmon.views.source import Source


@dataclass(frozen=True, slots=True)
class Change:
    """A column that was beyond its limit in some window of the span."""

    column_name: str
    column_kind: str
    first_time: datetime
    """The end of the first window in which it was."""
    last_time: datetime
    """The end of the last one."""
    windows: int
    """In how many windows it was."""
    is_over: bool
    """Whether it is still so in the last window of the span."""
    statistic: str
    """The statistic that was furthest beyond, and how far, in units of its limit."""
    excess: float
    explanation: str
    """The last finding in one sentence: values, noise, limit, p-values."""
    advice: str


@dataclass(frozen=True, slots=True)
class Summary:
    """One model over a span."""

    model: str
    start: datetime | None
    """The end of the first window; None if no window was judged."""
    end: datetime | None
    windows: int
    changes: tuple[Change, ...]
    """Those that are still so first, then the furthest beyond."""
    fine: tuple[str, ...]
    """The columns that were judged, and in no window beyond their limits."""
    unjudged: tuple[tuple[str, str], ...]
    """The columns of which no statistic gave a verdict, each with the reason."""


def summary_of(source: Source, heat: HeatMap, *, is_timed: bool = True) -> Summary:
    """Sum up a heat map; ``source`` needs the table ``drift_metrics``. Sentences name windows that are timed."""
    changes, fine, unjudged = [], [], []
    for (name, kind), row in zip(heat.columns, heat.cells, strict=True):
        over = [at for at, cell in enumerate(row) if cell is not None and cell.status in BEYOND]
        if over:
            changes.append(_change(source, heat, name, kind, over, row, is_timed))
        elif any(cell is not None and cell.status == "ok" for cell in row):
            fine.append(name)
        else:
            unjudged.append((name, _reason(source, heat, name)))
    changes.sort(key=lambda change: (not change.is_over, -change.excess))
    ends = heat.window_ends
    return Summary(
        heat.model,
        ends[0] if ends else None,
        ends[-1] if ends else None,
        len(ends),
        tuple(changes),
        tuple(fine),
        tuple(unjudged),
    )


def _change(
    source: Source, heat: HeatMap, name: str, kind: str, over: list[int], row: tuple[Cell | None, ...], is_timed: bool
) -> Change:
    cells = [cell for at in over if (cell := row[at]) is not None]
    worst = max(cells, key=lambda cell: cell.excess)
    last = heat.window_ends[over[-1]]
    findings = findings_of(source, heat.model, window_end=last, column=name)
    strongest = next(each for each in findings if each.slice_key is None and each.status in BEYOND)
    if not is_timed:
        strongest = replace(strongest, window_start=None, window_end=None)
    return Change(
        column_name=name,
        column_kind=kind,
        first_time=heat.window_ends[over[0]],
        last_time=last,
        windows=len(over),
        is_over=over[-1] == len(row) - 1,
        statistic=worst.statistic,
        excess=worst.excess,
        explanation=strongest.explain(),
        advice=advice({"column_kind": kind, "statistic": strongest.statistic}),
    )


def _reason(source: Source, heat: HeatMap, name: str) -> str:
    findings = findings_of(source, heat.model, window_end=heat.window_ends[-1], column=name)
    reasons = dict.fromkeys(f"{each.status}: {each.reason}" if each.reason else each.status for each in findings)
    return next(iter(reasons), "no finding in the last window")
