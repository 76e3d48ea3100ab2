"""What to do about an incident: one sentence by what was found."""

from collections.abc import Mapping
from typing import Any

_BY_KIND: Mapping[str, str] = {
    "monitor": "Read the monitor's log, and the chapter on operations; until it ends, other verdicts may be missing.",
    "event": "Check the dead letters: each has its reason and its bytes. Often a client sends another format.",
    "client": "Check what the client asked for. Limit its rate or revoke its key if it is no client of yours.",
    "prediction": "Check the incidents of the features first: predictions drift with them. If none has one, compare "
    "the model that is served with the one that was validated.",
    "joint": "The columns look right one by one, and not together: look for a join on wrong keys, or a mix of sources.",
    "performance": "Compare the model with a retrained one on the rows that have labels. The incidents of its features "
    "say whether the data moved, too.",
    "row_flag": "Check the outliers of the window: each has the columns that make it one.",
}
_BY_STATISTIC: Mapping[str, str] = {
    "missing_column": "Search for a renamed or dropped field in what callers send or the feature store holds.",
    "extra_column": "Make a new reference if the model uses the column; else remove it from the requests.",
    "null_rate": "Search for a job that no longer fills the column, or a join that finds no row.",
    "nan_rate": "Search for a division by zero or a failed parse in the job that writes the column.",
    "inf_rate": "Search for a division by zero or an overflow in the job that writes the column.",
    "type_rate": "Search for a client or a job that sends another type than the reference has.",
    "unseen_rate": "Check the new levels: a renamed code is mended upstream, a new one needs a model that knows it.",
    "range_rate": "Search for a changed unit, or a default value such as -999.",
    "count": "Compare the traffic with what callers meant to send: a retry loop, an outage, or a new caller.",
}
_BY_PATTERN: Mapping[str, str] = {
    "units": "Ask who writes the column which unit it has now, and convert it back there.",
    "scale": "Ask who writes the column what it is multiplied by now, and divide by it there.",
    "frozen": "Search for the job that writes the column: it has stopped, or writes a default.",
    "missing": "Search for a job that no longer fills the column, or a join that finds no row.",
    "unseen": "Check the new levels: a renamed code is mended upstream, a new one needs a model that knows it.",
}
_DRIFT = (
    "Compare the distributions. If something broke upstream, mend it there. If the world has changed, retrain, "
    "and store the new training data as the reference: sparkmon profile."
)


def advice(finding: Mapping[str, Any]) -> str:
    """Return what to do about a finding or an alert; it has ``column_kind`` and ``statistic``, and maybe ``causes``.

    >>> advice({"column_kind": "feature", "statistic": "nan_rate"})
    'Search for a division by zero or a failed parse in the job that writes the column.'
    """
    kind = _BY_KIND.get(finding["column_kind"])
    pattern = (finding.get("causes") or {}).get("pattern") or ""
    return kind or _BY_STATISTIC.get(finding["statistic"]) or _BY_PATTERN.get(pattern, _DRIFT)
