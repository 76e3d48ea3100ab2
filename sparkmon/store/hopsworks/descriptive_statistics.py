"""From the descriptive statistics that Hopsworks keeps of one feature to a profile, in every shape they come in."""

import base64
import binascii
import json
import math
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Any

from sparkmon.distributions.kll import read_kll
from sparkmon.distributions.quantile_table import QuantileTable
from sparkmon.errors import ProfileError
from sparkmon.records import SummaryKind

_PERCENTILE_ERROR = 0.01  # of a rank: percentiles are Deequ's estimates, whose tolerance this is
_NATIVE_KLL = "datasketches-native-v1"
_MOST_ENTRIES = 4000
_ENABLE = "compute them with StatisticsConfig(kll=True), or at least histograms=True"
_QUARTILES = (24, 49, 74)


def kind_of_feature(feature_type: str) -> SummaryKind | None:
    """Return how a feature of that type is summarised: Hopsworks' (``bigint``) or its statistics' (``Integral``)."""
    name = feature_type.lower().partition("(")[0]
    if name in {"string", "boolean", "char", "varchar"}:
        return "categorical"
    numbers = {"tinyint", "smallint", "int", "bigint", "float", "double", "decimal"}
    return "numeric" if name in numbers | {"integral", "fractional"} else None


def profile_of(statistics: Mapping[str, Any]) -> tuple[SummaryKind, dict[str, Any]]:
    """Return how a feature is summarised, and the fields of ``sparkmon.distributions.schema.PROFILE``.

    ``statistics`` are one of Hopsworks' ``featureDescriptiveStatistics``, as it goes over the wire. Nothing is ever
    assumed of their shape: without a distribution, or with one that contradicts itself, they are a ProfileError.

    *Numbers.* The bytes of a native KLL sketch are taken as they are. Else, of percentiles and histogram, the one
    that leaves less unknown becomes a :class:`~sparkmon.distributions.QuantileTable`. Percentiles come as a list of
    99, as a list of 100 in which hsfs' Python engine fills in the quartiles alone (the zeros are dropped), or as a
    mapping such as ``{"25%": 3.0}``. A histogram's edges are written with two decimals; where they are those of equal
    bins from ``min`` to ``max``, these are used instead.

    *Strings and truth values.* The histogram holds the 20 commonest; the rows of all others are the remainder, which
    :func:`sparkmon.distributions.align` counts as ``__other__``.
    """
    name = str(statistics.get("featureName"))
    kind = kind_of_feature(str(statistics.get("featureType")))
    try:
        extended = statistics.get("extendedStatistics")
        if isinstance(extended, str):
            extended = json.loads(extended)
        if not isinstance(extended, Mapping):
            extended = {}
        if kind is None:
            raise ProfileError(f"they are of the type {statistics.get('featureType')!r}")
        summarised = _levels if kind == "categorical" else _numbers
        profile = summarised(statistics, extended)
    except (ProfileError, ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
        reason = str(error).removeprefix(f"[{ProfileError.condition}] ")
        raise ProfileError(
            f"the training statistics of the feature {name!r} make no reference: {reason:.300}; {_ENABLE}"
        ) from error
    return kind, profile


def _numbers(statistics: Mapping[str, Any], extended: Mapping[str, Any]) -> dict[str, Any]:
    sketch = _native_kll(extended.get("kll"))
    if sketch is not None:
        rows = read_kll(sketch).n
    else:
        table = min(_tables(statistics, extended), key=attrgetter("rank_error"), default=None)
        if table is None:
            raise ProfileError("they hold no percentiles, no histogram and no KLL sketch")
        sketch, rows = table.to_bytes(), table.n
    deviation = _number(statistics, "stdDev", "stddev")
    return _counted(statistics, rows) | {
        "num_numbers": rows,
        "min": _number(statistics, "min"),
        "max": _number(statistics, "max"),
        "avg": _number(statistics, "mean"),
        "m2": None if deviation is None else deviation * deviation * rows,
        "sketch": sketch,
    }


def _levels(statistics: Mapping[str, Any], extended: Mapping[str, Any]) -> dict[str, Any]:
    entries = _entries(extended)
    if not entries:
        raise ProfileError("they hold no histogram")
    lower = str(statistics.get("featureType")).lower() == "boolean"  # as Spark writes booleans
    counts = {
        str(entry["value"]).lower() if lower else str(entry["value"]): _count(entry["count"]) for entry in entries
    }
    rows = max(_count(statistics.get("numNonNullValues") or 0), sum(counts.values()))
    return _counted(statistics, rows) | {"num_texts": rows, "frequent_items": list(counts.items())}


def _counted(statistics: Mapping[str, Any], rows: int) -> dict[str, Any]:
    """Return the counts of rows; those that are neither null nor summarised are NaN."""
    nulls = _count(statistics.get("numNullValues") or 0)
    rest = max(0, _count(statistics.get("count") or 0) - nulls - rows)
    return {
        "count": nulls + rest + rows,
        "num_nulls": nulls,
        "num_nan": rest,
        "num_inf": 0,
        "num_numbers": 0,
        "num_texts": 0,
    }


def _native_kll(kll: object) -> bytes | None:
    """Return the bytes of a native sketch; the client may have rewritten the names in snake case."""
    if not isinstance(kll, Mapping) or _NATIVE_KLL not in (kll.get("kllFormat"), kll.get("kll_format")):
        return None
    try:
        return base64.b64decode(str(kll["bytes"]), validate=True)
    except binascii.Error as error:
        raise ProfileError(f"the KLL sketch is no base64 ({error})") from error


def _tables(statistics: Mapping[str, Any], extended: Mapping[str, Any]) -> Iterator[QuantileTable]:
    least, greatest = _number(statistics, "min"), _number(statistics, "max")
    rows = _count(statistics.get("numNonNullValues") or statistics.get("count") or 0)
    percentiles = _percentiles(statistics.get("percentiles"))
    if percentiles or (least is not None and least == greatest and rows):
        yield QuantileTable.from_percentiles(
            percentiles,
            rows,
            minimum=least,
            maximum=greatest,
            # Percentiles between two rows are interpolated: their rank may be off by one row more.
            error=min(0.5, _PERCENTILE_ERROR + 1 / max(1, rows)) if percentiles else 0.0,
        )
    entries = _entries(extended)
    if entries:
        yield _histogram(entries, least, greatest)


def _percentiles(percentiles: object) -> dict[float, float]:
    if isinstance(percentiles, Mapping):
        named = {_share(str(key)): value for key, value in percentiles.items()}
    elif isinstance(percentiles, list):
        quartiles_alone = len(percentiles) == 100 and not any(
            value for index, value in enumerate(percentiles) if index not in _QUARTILES
        )
        real = _QUARTILES if quartiles_alone else range(len(percentiles))
        named = {(index + 1) / 100: percentiles[index] for index in real}
    else:
        named = {}
    if len(named) > _MOST_ENTRIES:
        raise ProfileError(f"they hold {len(named)} percentiles")
    return {
        share: float(value)
        for share, value in named.items()
        if 0 < share < 1 and value is not None and math.isfinite(float(value))
    }


def _share(name: str) -> float:
    if not name.endswith("%"):
        raise ProfileError(f"they name a percentile {name!r}, and not such as 25%")
    return float(name[:-1]) / 100


def _histogram(entries: list[Mapping[str, Any]], least: float | None, greatest: float | None) -> QuantileTable:
    labels = [str(entry["value"]).partition(" to ")[::2] for entry in entries]
    bins = [(float(low), float(high)) for low, high in labels]
    counts = [_count(entry["count"]) for entry in entries]
    decimals = min(len(text.partition(".")[2]) for label in labels for text in label)
    slack = 0.5 * 10.0**-decimals
    if least is not None and greatest is not None and least < greatest:
        width = greatest / len(bins) - least / len(bins)
        equal = [least + index * width for index in range(len(bins))] + [greatest]
        borders = [low for low, _ in bins] + [bins[-1][1]]
        near = slack * (1 + 1e-6) + 1e-12 * max(abs(least), abs(greatest))
        if all(abs(a - b) <= near for a, b in zip(equal, borders, strict=True)):
            return QuantileTable.from_histogram(equal, counts)
    edges, filled = [bins[0][0]], list[int]()
    for (low, high), count in zip(bins, counts, strict=True):
        if low > edges[-1]:
            edges.append(low)
            filled.append(0)
        edges.append(high)
        filled.append(count)
    return QuantileTable.from_histogram(edges, filled, slack=slack)


def _entries(extended: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    entries = extended.get("histogram")
    if entries is None:
        return []
    whole = isinstance(entries, list) and all(isinstance(entry, Mapping) for entry in entries)
    if not whole or len(entries) > _MOST_ENTRIES:
        raise ProfileError("their histogram is no list of at most 4,000 bins")
    return list(entries)


def _number(statistics: Mapping[str, Any], *names: str) -> float | None:
    for name in names:
        if statistics.get(name) is not None:
            number = float(statistics[name])
            return number if math.isfinite(number) else None
    return None


def _count(value: object) -> int:
    count = float(str(value))
    if not 0 <= count < 2**62 or count != math.floor(count):
        raise ProfileError(f"they hold the count {value!r}")
    return int(count)
