"""What lies behind drifts: what happened to each column, which matters first, and where those that moved come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from sparkmon.comparison.confirmation import BEYOND
from sparkmon.comparison.groups import has, objects
from sparkmon.comparison.past import Past
from sparkmon.comparison.references import References, column_of
from sparkmon.distributions import kind_of, summary_of
from sparkmon.distributions.schema import PROFILE_KEY
from sparkmon.explain import CAUSES, Change, change_of

_MOST_NAMED = 3
_COLUMN = (*PROFILE_KEY, "drift_type", "reference")

_Key: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """What is known of the features of a model besides their values."""

    importances: Mapping[str, float] = field(default_factory=dict)
    """How much the model's answers depend on each feature, in any one unit."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """The feature group that each feature comes from."""


@dataclass(frozen=True, slots=True)
class _Drift:
    """A column that drifts in a window."""

    name: str
    kind: str
    change: Change
    importance: float | None

    @property
    def weight(self) -> float:
        return self.change.share * (1.0 if self.importance is None else self.importance)


def with_causes(
    findings: pa.Table,
    profiles: pa.Table,
    references: References,
    past: Past | None = None,
    provenance: Mapping[str, Provenance] = MappingProxyType({}),
) -> pa.Table:
    """Set ``cause`` and ``causes`` of the findings that are over their limits; of others they are null.

    ``profiles`` are those that the findings are of, ``past`` the windows that they were compared with, and
    ``provenance`` what is known of the features of models. A column of a slice has causes if the whole column does not
    drift in that window.
    """
    rows = np.flatnonzero(has(findings, BEYOND)).tolist()
    chosen = findings.select(_COLUMN).take(pa.array(rows, pa.int64()))
    keys: list[_Key] = [*zip(*(objects(each.combine_chunks()) for each in chosen.columns), strict=True)]
    drifts = _drifts({*keys}, profiles, references, past, provenance)
    words: list[str | None] = [None] * findings.num_rows
    causes: list[dict[str, Any] | None] = [None] * findings.num_rows
    trainings = {key[:6]: key[-1] for key in drifts if key[-2] == "BASELINE"}
    by_key = {key: _of_column(key, drifts, trainings.get(key[:6]), provenance) for key in {*keys}}
    for row, key in zip(rows, keys, strict=True):
        words[row], causes[row] = by_key[key]
    columns: dict[str, Any] = {"cause": pa.array(words, pa.string()), "causes": pa.array(causes, CAUSES)}
    for name, values in columns.items():
        findings = findings.set_column(findings.schema.get_field_index(name), name, values)
    return findings


def _drifts(
    keys: set[_Key],
    profiles: pa.Table,
    references: References,
    past: Past | None,
    provenance: Mapping[str, Provenance],
) -> dict[_Key, list[_Drift]]:
    """Return the columns that drift together, by window and slice, the most important first."""
    judged = {key for key in keys if key[4] is None or (*key[:4], None, None, *key[6:]) not in keys}
    columns = (objects(profiles[name].combine_chunks()) for name in PROFILE_KEY)
    places = {key: place for place, key in enumerate(zip(*columns, strict=True))}
    drifts: dict[_Key, list[_Drift]] = {}
    for key in sorted(judged, key=str):
        place = places.get(key[:-2])
        change = None if place is None else _change(key, place, profiles, references, past)
        if change is not None:
            model = provenance.get(key[0], Provenance())
            importance = model.importances.get(key[6]) if key[7] == "feature" else None
            drifts.setdefault(_together(key), []).append(_Drift(key[6], key[7], change, importance))
    for together in drifts.values():
        together.sort(key=lambda each: (each.kind != "feature", -each.weight, each.name))
    return drifts


def _change(key: _Key, place: int, profiles: pa.Table, references: References, past: Past | None) -> Change | None:
    row: dict[str, Any] = dict(zip(PROFILE_KEY, key[:-2], strict=True))
    if row["column_kind"] not in ("feature", "prediction"):
        return None
    if key[-2] == "BASELINE":
        length = row["window_end"] - row["window_start"] if row["window_end"] and row["window_start"] else timedelta()
        basis = references.basis(column_of(row), row["model_version"], length or None)
        reference, kind = (None, None) if basis is None else (basis.summary, basis.data_type)
    else:
        reference = None if past is None else past.wholes.get((place, key[-1]))
        kind = None if reference is None else references.kind_of(column_of(row))
    if reference is None:
        return None
    profile = profiles["profile"][place].as_py()
    return change_of(reference, summary_of(profile, kind or kind_of(profile)))


def _of_column(
    key: _Key, drifts: Mapping[_Key, Sequence[_Drift]], training: str | None, provenance: Mapping[str, Provenance]
) -> tuple[str | None, dict[str, Any] | None]:
    """Return the cause of one finding, in words and as data; a rate has that of the drifts from ``training``."""
    together = drifts.get(_together(key)) or drifts.get((*key[:6], "BASELINE", training), ())
    features = [each for each in together if each.kind == "feature"]
    own = next((each for each in together if (each.name, each.kind) == (key[6], key[7])), None)
    others = [each.name for each in features if each is not own]
    cause: dict[str, Any] = {field.name: None for field in CAUSES} | {"related_columns": others}
    words = []
    if own is not None:
        rank = together.index(own) + 1
        cause |= own.change.as_dict() | {"importance": own.importance, "rank": rank}
        words.append(own.change.words)
    if own is None or own.kind == "prediction":
        words += _of_inputs(key[7], features)
    elif group := _common_group(features, provenance.get(key[0], Provenance()).groups):
        cause["feature_group"] = group
        words.append(f"all features that drift ({_named(features)}) come from the feature group {group}")
    if not words and not others:
        return None, None
    return "; ".join(words) or None, cause


def _of_inputs(kind: str, features: Sequence[_Drift]) -> Iterator[str]:
    """Say what the features did where what drifts is not one of them."""
    if kind == "prediction":
        yield f"its inputs drifted, first {_named(features)}" if features else "no feature drifted: look at the model"
    elif kind == "joint":
        yield f"first {_named(features)}" if features else "no feature drifted by itself: how they go together changed"


def _common_group(features: Sequence[_Drift], groups: Mapping[str, str]) -> str | None:
    """Return the feature group that two or more features come from, which are all that drift."""
    sources = {groups.get(each.name) for each in features}
    return next(iter(sources)) if len(features) > 1 and len(sources) == 1 else None


def _named(features: Sequence[_Drift]) -> str:
    more = len(features) - _MOST_NAMED
    return ", ".join(each.name for each in features[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _together(key: _Key) -> _Key:
    return (*key[:6], *key[-2:])
