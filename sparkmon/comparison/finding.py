"""One finding as a record, and its sentences: what a reader of a table, an alert or a report is shown."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, cast

from sparkmon.distributions.schema import OUTLIER

_RAREST = 1e-6
_WHO = {"joint": "the features together", "event": "the rate of dead letters", OUTLIER: "the share of outliers"}
"""What a sentence calls a column, by its kind or name, where not by its name."""
TOO_SHORT = "the reference is too short"
"""How the clause begins on a column whose reference has too few independent blocks for what is promised."""
LOOKS = "it looks like "
"""How the clause begins on what a rate of outliers looks like."""
_RARE = "levels are too rare to see them change"
OTHER_BLOCKS = "the blocks of the reference are not used, for the window is no whole number of them"
"""The clause on a column whose blocks say nothing of windows of this length."""

PRESENCE: Mapping[str, str] = {
    "missing_column": "the reference has it, and no row of this window",
    "extra_column": "the reference does not have it",
}
"""The reasons of the findings on columns that are missing or extra, by statistic."""


def judgement(
    statistic: str,
    value: float,
    *,
    noise: float | None,
    sketch_error: float | None,
    threshold: float,
    limit: float | None,
    block_limit: float | None = None,
    blocks: int = 0,
    rows: str = "",
    odds: str = "",
) -> str:
    """Return the clause on a value and its limit that ``reason`` and ``explanation`` share.

    ``limit`` is what the value less noise and sketch error has to exceed: what the threshold adds to noise, or what the
    reference's blocks reach (``block_limit``) if that is greater; None if the statistic has no threshold. ``rows`` is a
    text after the value, ``odds`` one on the blocks.

    >>> judgement("ks", 0.31, noise=0.02, sketch_error=0.004, threshold=0.1, limit=0.1)
    'ks 0.31, less 0.02 of noise and 0.004 of sketch error, exceeds its threshold 0.1'
    >>> judgement("js", 0.12, noise=0.04, sketch_error=0.0, threshold=0.1, limit=0.068)
    'js 0.12, less 0.04 of noise and 0 of sketch error, exceeds 0.068, which its threshold 0.1 adds to such noise'
    >>> judgement("ks", 0.11, noise=0.02, sketch_error=0.0, threshold=0.1, limit=0.14, block_limit=0.14, blocks=59)
    'ks 0.11, less 0.02 of noise and 0 of sketch error, is within 0.14, which 59 blocks of the reference set (its \
threshold is 0.1)'
    """
    start = f"{statistic} {value:.3g}{rows}"
    if limit is None:
        return f"{start} is reported only: it has no threshold"
    noise, sketch_error = noise or 0.0, sketch_error or 0.0
    relation = "exceeds" if abs(value) - noise - sketch_error > limit else "is within"
    start += f", less {noise:.2g} of noise and {sketch_error:.2g} of sketch error, {relation}"
    if limit == block_limit != threshold:
        return (
            f"{start} {limit:.3g}, which {blocks} blocks of the reference set (its threshold is {threshold:.3g}{odds})"
        )
    if limit == threshold:
        start += f" its threshold {limit:.3g}"
    else:
        start += f" {limit:.3g}, which its threshold {threshold:.3g} adds to such noise"
    return f"{start} ({blocks} blocks of the reference stay below it{odds})" if blocks else start


def rare_levels(share: float) -> str:
    """Return the clause on a column of which a share of the reference's rows has levels that nobody can compare."""
    return (
        f"{_RARE} in {share:.0%} of the reference's rows (less than 20 rows or 0.1 % each, as those of ids have): "
        "exclude the column, or group them"
    )


def beyond_blocks(blocks: int, p_adjusted: float) -> str:
    """Return the clause on a value that is a drift by what blocks show, though within its limit."""
    return f"but {blocks} blocks of the reference hardly ever reach it (p_blocks_adjusted {p_adjusted:#.2g})"


def adding_up(total: float, alarm: float) -> str:
    """Return the clause on a value that is a drift because windows add up."""
    return f"but windows add up: cusum {total:.3g} of {alarm:g}"


def too_short(promise: float) -> str:
    """Return that clause, with what can be promised."""
    return f"{TOO_SHORT}: of this column it can promise {promise:#.2g} false alarms a week"


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
of sketch error, exceeds 0.14, which 59 blocks of the reference set (its threshold is 0.1; one window in 60 would \
reach this); p 1e-12, among all tests of the window 3e-11; confirmed.
    >>> print(finding.message())
    temp of the model flights drifted from training: ks 0.31 exceeds its limit 0.14 (1,200 rows against 45,000)
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
    cusum: float | None = None
    cause: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Finding":
        """Make it from a row as a mapping, such as ``row.asDict()`` or an entry of ``toArrow().to_pylist()``.

        Fields that the row does not have are None.
        """
        return cls(*cast(Any, map(row.get, _FIELDS)))

    def explain(self) -> str:
        """Return one sentence with everything that the verdict rests on: values, rows, noise, limit and p-values."""
        return f"{self._headline()}: {self._grounds()}."

    def message(self, *, recovered: bool = False) -> str:
        """Return one sentence for an alert, or the end of one: the column, the window, and the value with its limit."""
        headline = self._headline(recovered=recovered)
        if self.column_kind == "client":
            return headline if recovered else f"{headline}: {self.reason}"
        if (self.statistic in PRESENCE and not recovered) or self.value is None:
            return headline
        limit = self.threshold if self.limit is None else self.limit
        is_rate = self.drift_type == "LIMIT"
        name = "threshold" if limit == self.threshold and not is_rate else "limit"
        exceeds = f"where {limit or 0.0:.3g} is allowed" if is_rate else f"exceeds its {name} {limit or 0.0:.3g}"
        figures = self._beyond() or exceeds
        if recovered:
            is_noise = abs(self.value) > (limit or 0.0)
            figures = f"is within {'the noise of ' if is_noise else ''}its {name} {limit or 0.0:.3g}"
        looks = "" if recovered else "".join(f"; {each}" for each in self.reason.split("; ") if each.startswith(LOOKS))
        looks += f"; {self.cause}" if self.cause and not recovered else ""
        return f"{headline}: {self.statistic} {self.value:.3g} {figures} ({self._rows()}){looks}"

    def _beyond(self) -> str:
        """Return by what a value within its limit is a drift; nothing for others."""
        effect = abs(self.value or 0.0) - (self.noise or 0.0) - (self.sketch_error or 0.0)
        if self.status != "drift" or self.limit is None or effect > self.limit:
            return ""
        if "windows add up" in self.reason:
            return f"adds up over windows to {self.cusum:.3g} standard deviations"
        return f"is what {self.blocks} blocks of the reference hardly ever reach"

    def _is_judged(self) -> bool:
        return self.status in {"ok", "drift", "over_limit", "provisional"} and None not in (self.value, self.threshold)

    def _headline(self, *, recovered: bool = False) -> str:
        who, where = self._subject()
        return f"{who} {self._verdict(recovered=recovered)}{where}"

    def _subject(self) -> tuple[str, str]:
        """Return what comes before and after the verdict, which is equal for all findings on a column of a window."""
        if self.column_kind == "client":
            who = f"the client {self.slice_value}" if self.slice_value else "somebody without a name"
            return f"the model {self.model}", f" by {who}{self._window()}"
        version = f" (version {self.model_version})" if self.model_version else ""
        who = _WHO.get(self.column_kind) or _WHO.get(self.column_name, self.column_name)
        return f"{who} of the model {self.model}{version}", f"{self._slice()}{self._window()}"

    def _verdict(self, *, recovered: bool = False) -> str:
        if self.column_kind == "client":
            return "is no longer attacked" if recovered else "is attacked"
        if recovered:
            is_rate = self.drift_type == "LIMIT"
            return "is within its limit again" if is_rate else f"no longer drifts from {self.reference}"
        if self.statistic in PRESENCE:
            return "is missing" if self.statistic == "missing_column" else "is not in the reference"
        if not self._is_judged():
            return f"was not judged by {self.statistic}"
        return {
            "drift": f"drifted from {self.reference}",
            "provisional": f"drifts from {self.reference} so far" if self.reference else "exceeds its limit so far",
            "over_limit": "exceeds its limit",
            "ok": f"has not drifted from {self.reference}" if self.reference else "is within its limit",
        }[self.status]

    def _slice(self) -> str:
        if self.slice_key is None:
            return ""
        key = self.slice_key if re.fullmatch(r"\w+", self.slice_key) else f"({self.slice_key})"
        return f" in the slice {key} = {self.slice_value}"

    def _window(self) -> str:
        if self.window_start is None or self.window_end is None:
            return ""
        is_open = "open " if self.status == "provisional" else ""
        return f" in the {is_open}window {_span(self.window_start, self.window_end)} UTC"

    def _rows(self) -> str:
        rows = f"{self.current_count or 0:,} {'events' if self.column_kind == 'event' else 'rows'}"
        return rows if self.reference_count is None else f"{rows} against {self.reference_count:,}"

    def _grounds(self) -> str:
        if self.statistic in PRESENCE:
            return PRESENCE[self.statistic] + (f" ({self._rows()})" if self.current_count else "")
        has_figures = self._is_judged() and self.column_kind != "client"
        return "; ".join([self._judgement(), *self._evidence()]) if has_figures else self.reason

    def _judgement(self) -> str:
        rows = f" ({self._rows()}{f', {self.bins} bins' if self.bins else ''})"
        odds = ""
        if self.p_blocks:
            rate = f"{round(1 / self.p_blocks):,}" if self.p_blocks >= _RAREST else "over a million"
            odds = f"; one window in {rate} would reach this"
        return judgement(
            self.statistic,
            self.value or 0.0,
            noise=self.noise,
            sketch_error=self.sketch_error,
            threshold=self.threshold or 0.0,
            limit=self.limit,
            block_limit=self.block_limit,
            blocks=self.blocks or 0,
            rows=rows,
            odds=odds,
        )

    def _evidence(self) -> list[str]:
        evidence = []
        if self.p_value is not None:
            adjusted = "" if self.p_adjusted is None else f", among all tests of the window {self.p_adjusted:.2g}"
            p = f"p {self.p_value:.2g}{adjusted}"
            if self.status == "ok" and "not borne out" in self.reason:
                p += ", which is not enough"
            evidence.append(p)
        if beyond := self._beyond():
            evidence.append(f"it {beyond}")
        notes = self.reason.split("; ")
        evidence += [each for each in notes if each.startswith((TOO_SHORT, OTHER_BLOCKS, _RARE, LOOKS))]
        if self.status in {"drift", "over_limit"} and self.confirmed is not None:
            evidence.append("confirmed" if self.confirmed else "not confirmed by earlier windows yet")
        evidence += [self.cause] if self.cause else []
        return evidence


_FIELDS = [field.name for field in fields(Finding)]
_STATUS, _FIGURES = _FIELDS.index("status"), _FIELDS.index("column_kind")
"""From the latter on, findings of several columns may be equal."""


def explanations(columns: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Give :meth:`Finding.explain` of many findings, by the columns of their fields; what is equal is written once."""
    subjects, grounds = dict[Any, tuple[str, str]](), dict[Any, tuple[str, str]]()
    for row in zip(*columns, strict=True):
        subject, figures = (*row[: _FIGURES + 1], row[_STATUS] == "provisional"), row[_FIGURES:]
        if subject not in subjects:
            subjects[subject] = Finding(*row)._subject()
        if figures not in grounds:
            grounds[figures] = (finding := Finding(*row))._verdict(), finding._grounds()
        (who, where), (verdict, why) = subjects[subject], grounds[figures]
        yield f"{who} {verdict}{where}: {why}."


@lru_cache(maxsize=1024)
def _span(start: datetime, end: datetime) -> str:
    times = [time.astimezone(timezone.utc) for time in (start, end)]
    form = "%Y-%m-%d %H:%M:%S" if any(time.second for time in times) else "%Y-%m-%d %H:%M"
    return " to ".join(time.strftime(form) for time in times)
