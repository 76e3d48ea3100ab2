"""Findings as observations: one per window and column, by its strongest statistic."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.alerts.incident import Observation, Outcome, digest
from sparkmon.alerts.schema import OBSERVATIONS
from sparkmon.comparison.confirmation import BEYOND
from sparkmon.comparison.finding import Finding
from sparkmon.distributions.schema import SERIES_KEY
from sparkmon.sinks import Severity
from sparkmon.tables import completed

CRITICAL_AT = 5.0
"""A value of this many times its threshold is critical."""

_OUTCOMES: tuple[Outcome, ...] = ("drift", "unconfirmed", "ok")
"""By their rank: the findings on a column with the lowest rank stand for it."""
_OK, _NONE = _OUTCOMES.index("ok"), len(_OUTCOMES)

_SUBJECT = (*SERIES_KEY, "reference")
_COLUMN = ("model", "model_version", "column_name", "column_kind", "window_start", "window_end")
_ADDED = {"alert_id", "incident_id", "statistics", "outcome", "severity", "message"}
_READ = pa.schema(
    [
        *(field for field in OBSERVATIONS if field.name not in _ADDED),
        pa.field("limit", pa.float64()),
        pa.field("confirmed", pa.bool_()),
    ]
)

_Window: TypeAlias = tuple[str, int | None, int | None]
"""The id of an incident, and the start and end of a window in microseconds."""


def observations_of(findings: pa.Table, unsettled: Collection[str] = ()) -> list[Observation]:
    """Return what the windows show of each column that drifts, and of columns with unsettled incidents.

    ``unsettled`` are the ids of the incidents for which ``ok`` windows are returned, too. A drift that is not
    ``confirmed`` is ``unconfirmed``; one for which that is null counts as confirmed.

    Of several statistics that found a drift, the one whose value is the largest multiple of its threshold stands
    for the column. A column is ``ok`` if at least one statistic finds it ok and none finds a drift; ``statistics``
    lists them. A window with too few rows has no observation. A slice is ``inhibited`` if the whole column drifts
    in that window.
    """
    findings = completed(findings, _READ).cast(_READ)
    ranks = _ranks(findings)
    indices = np.flatnonzero(ranks < (_NONE if unsettled else _OK))
    findings, ranks = findings.take(indices), ranks[indices]
    windows = _by_window(findings, ranks, frozenset(unsettled))
    strengths = _strengths(findings, ranks)
    strongest = [min(rows, key=strengths.__getitem__) for rows in windows.values()]
    records = findings.take(pa.array(strongest, pa.int64())).to_pylist()
    whole = {
        tuple(record[name] for name in _COLUMN)
        for record, row in zip(records, strongest, strict=True)
        if ranks[row] == 0 and record["slice_key"] is None
    }
    observations = []
    for (window, rows), row, record in zip(windows.items(), strongest, records, strict=True):
        statistics = sorted(strengths[each][-1] for each in rows if ranks[each] == ranks[row])
        outcome = _OUTCOMES[ranks[row]]
        if outcome == "drift" and record["slice_key"] is not None:
            outcome = "inhibited" if tuple(record[name] for name in _COLUMN) in whole else outcome
        observations.append(_observation(record, window, outcome, statistics))
    return observations


def observations_of_batch(findings: pa.Table, unsettled: Collection[str]) -> list[Observation]:
    """Return what windows of several ends show: of columns that start to drift in one, also that a later one is ok."""
    observations = observations_of(findings, unsettled)
    last_end = pc.max(findings["window_end"]).as_py()
    opened = {
        each.incident_id for each in observations if each.outcome == "drift" and each.window_end < last_end
    }.difference(unsettled)
    if opened:
        observations += [each for each in observations_of(findings, opened) if each.outcome == "ok"]
    return observations


def _ranks(findings: pa.Table) -> npt.NDArray[np.int8]:
    status = findings["status"]
    drifts = pc.is_in(status, value_set=pa.array(BEYOND))
    unconfirmed = pc.is_in(findings["confirmed"], value_set=pa.array([False]))
    ok = pc.is_in(status, value_set=pa.array(["ok"]))
    masks = [each.to_numpy() for each in (pc.and_(drifts, unconfirmed), drifts, ok)]
    return np.select(masks, [1, 0, _OK], _NONE).astype(np.int8)


def _by_window(findings: pa.Table, ranks: npt.NDArray[np.int8], unsettled: Collection[str]) -> dict[_Window, list[int]]:
    """Group the rows of findings that are shown by incident and window."""
    starts, ends = (findings[name].cast(pa.int64()).to_pylist() for name in ("window_start", "window_end"))
    subjects = zip(*(findings[name].to_pylist() for name in _SUBJECT), strict=True)
    ids: dict[tuple[object, ...], str] = {}
    windows: dict[_Window, list[int]] = {}
    for row, (subject, start, end) in enumerate(zip(subjects, starts, ends, strict=True)):
        length = None if start is None or end is None else end - start
        incident_id = ids.get((subject, length))
        if incident_id is None:
            incident_id = ids[subject, length] = digest(*subject, length)
        if ranks[row] < _OK or incident_id in unsettled:
            windows.setdefault((incident_id, start, end), []).append(row)
    return windows


def _strengths(findings: pa.Table, ranks: npt.NDArray[np.int8]) -> list[tuple[int, int, float, str]]:
    """Return keys that order findings from the strongest on."""
    columns = (findings[name].to_pylist() for name in ("value", "threshold", "statistic"))
    strengths = []
    for rank, value, threshold, statistic in zip(ranks.tolist(), *columns, strict=True):
        multiple = _multiple(value, threshold)
        if multiple is None:  # any value is infinitely many times a threshold of 0
            strengths.append((rank, 0, 0.0, statistic))
        elif math.isnan(multiple):
            strengths.append((rank, 1, 0.0, statistic))
        else:
            strengths.append((rank, 2, -multiple, statistic))
    return strengths


def _multiple(value: float | None, limit: float | None) -> float | None:
    return abs(value) / limit if value is not None and limit else None


def _observation(
    finding: Mapping[str, Any], window: _Window, outcome: Outcome, statistics: Sequence[str]
) -> Observation:
    incident_id, *times = window
    is_open = ["provisional"] if finding["status"] == "provisional" else []
    # As numbers, because the text of a time depends on its time zone.
    alert_id = digest(incident_id, *times, *is_open)
    return Observation.of(
        {
            **{name: finding[name] for name in OBSERVATIONS.names if name not in _ADDED},
            "alert_id": alert_id,
            "incident_id": incident_id,
            "statistics": statistics,
            "outcome": outcome,
            "severity": _severity(finding),
            "message": Finding.of(finding).message(recovered=outcome == "ok"),
        }
    )


def _severity(finding: Mapping[str, Any]) -> Severity:
    """Return the severity by the multiple of the limit, which the reference's blocks may raise above the threshold."""
    if finding["statistic"] == "missing_column":
        return "critical"
    if finding["statistic"] == "extra_column":
        return "info"
    limit = finding["threshold"] if finding["limit"] is None else finding["limit"]
    multiple = _multiple(finding["value"], limit)
    return "warning" if multiple is not None and multiple < CRITICAL_AT else "critical"
