"""One finding as a record, and all that its verdict rests on in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from typing import Any

__all__ = ["Finding"]

_PRESENCE = {
    "missing_column": "is missing: the reference {reference} has it, and no row of this window",
    "extra_column": "is not in the reference {reference}, and {rows} rows of this window have it",
}


@dataclass(frozen=True)
class Finding:
    """One row of the table ``drift_metrics``; see ``sparkmon.schemas.DRIFT_METRICS`` for what its fields mean.

    Examples
    --------
    >>> finding = Finding(
    ...     "flights", "", None, None, None, None, "temp", "feature", "BASELINE", "training", "numeric",
    ...     "ks", 0.31, 0.1, 0.02, 1e-12, 3e-11, 45_000, 1_200, 0.004, 59, 1 / 60, 0.14, 0.14, "drift", "", True, None,
    ... )
    >>> print(finding.explain())
    temp of the model flights drifted from training: ks 0.31 (1,200 rows against 45,000), less 0.02 of noise and 0.004 \
of sketch error, exceeds 0.14, which 59 blocks of the reference set (its threshold is 0.1; one block in 60 would reach \
this); p 1e-12, among all tests of the window 3e-11; confirmed.
    """

    model: str
    model_version: str
    window_start: datetime | None
    window_end: datetime | None
    slice_key: str | None
    slice_value: str | None
    column_name: str
    column_kind: str
    drift_type: str
    reference: str
    data_type: str | None
    statistic: str
    value: float | None
    threshold: float | None
    noise: float | None
    p_value: float | None
    p_adjusted: float | None
    reference_count: int | None
    current_count: int | None
    sketch_error: float | None
    blocks: int | None
    p_blocks: float | None
    block_limit: float | None
    limit: float | None
    status: str
    reason: str
    confirmed: bool | None
    bins: int | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Finding:
        """Make it of a row as a mapping, such as ``row.asDict()`` or an entry of ``toArrow().to_pylist()``.

        Fields that the row does not have are None.
        """
        held: dict[str, Any] = {field.name: row.get(field.name) for field in fields(cls)}
        return cls(**held)

    def explain(self) -> str:
        """Say in one sentence what was tested on how many rows, what came out, and why the verdict is what it is."""
        if self.statistic in _PRESENCE:
            said = _PRESENCE[self.statistic]
            rows = f"{self.current_count or 0:,}"
            return f"{self._about()} {said.format(reference=self.reference, rows=rows)}."
        judged = self.status in {"ok", "drift", "over_limit", "provisional"}
        if not judged or self.value is None or self.threshold is None:
            return f"{self._about()} was not judged by {self.statistic}: {self.reason}."
        parts = [f"{self._about()} {self._verdict()}: {self._comparison()}", *self._evidence()]
        return "; ".join(parts) + "."

    def _about(self) -> str:
        version = f" {self.model_version}" if self.model_version else ""
        part = "" if self.slice_key is None else f", where {self.slice_key} is {self.slice_value},"
        when = ""
        if self.window_start is not None and self.window_end is not None:
            start, end = (
                f"{time.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S}"
                for time in (self.window_start, self.window_end)
            )
            when = f" in the window {start} to {end} UTC"
        who = "the features together" if self.column_kind == "joint" else self.column_name
        return f"{who} of the model {self.model}{version}{part}{when}"

    def _verdict(self) -> str:
        beside = f"from {self.reference}" if self.reference else ""
        return {
            "drift": f"drifted {beside}",
            "provisional": f"seems to drift {beside}, the window being open",
            "over_limit": "is over its limit",
            "ok": f"has not drifted {beside}" if self.reference else "is within its limit",
        }[self.status].rstrip()

    def _comparison(self) -> str:
        value, threshold = self.value or 0.0, self.threshold or 0.0
        rows = f"{self.current_count or 0:,} rows"
        if self.reference_count is not None:
            rows += f" against {self.reference_count:,}"
        if self.bins:
            rows += f", {self.bins} bins"
        said = f"{self.statistic} {value:.3g} ({rows})"
        if self.limit is None:
            return f"{said} is reported only, it has no threshold"
        limit = self.limit
        over = abs(value) - (self.noise or 0.0) - (self.sketch_error or 0.0) > limit
        said += (
            f", less {self.noise or 0.0:.2g} of noise and {self.sketch_error or 0.0:.2g} of sketch error, "
            f"{'exceeds' if over else 'is within'} "
        )
        if not self.blocks:
            return f"{said}its threshold {limit:.3g}"
        if limit > threshold:
            said += f"{limit:.3g}, which {self.blocks} blocks of the reference set (its threshold is {threshold:.3g}"
        else:
            said += (
                f"its threshold {limit:.3g} ({self.blocks} blocks of the reference stay below it"
            )
        if self.p_blocks:
            said += f"; one block in {round(1 / self.p_blocks):,} would reach this"
        return f"{said})"

    def _evidence(self) -> list[str]:
        told = []
        if self.p_value is not None:
            p = f"p {self.p_value:.2g}"
            if self.p_adjusted is not None:
                p += f", among all tests of the window {self.p_adjusted:.2g}"
            if self.status == "ok" and "not borne out" in self.reason:
                p += ", which is not enough"
            told.append(p)
        if self.status in {"drift", "over_limit"} and self.confirmed is not None:
            told.append(
                "confirmed" if self.confirmed else "not confirmed by the windows before it yet"
            )
        return told
