"""What a pair of profiles costs in SQL: functions of the JVM beside the pandas UDFs; ``make bench-jvm``."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession, functions as F
from rich.console import Console

from bench.machine import machine
from bench.meter import Meter
from bench.report import print_section
from bench.rounds import Contender, Result, Rounds
from bench.section import Section
from sparkmon.cli.spark import open_session
from sparkmon.distributions import write_kll
from sparkmon.distributions.schema import PROFILE
from sparkmon.functions import over_profiles

_STATISTICS = ("ks", "psi", "wasserstein")
_COLUMNS, _WINDOWS = 20, 50
_NATIVE_TIMES, _PANDAS_TIMES = 100, 10


def main() -> None:
    """Measure, and print the figures."""
    console = Console(width=160, highlight=False)
    console.print(machine(), soft_wrap=True)
    with Meter() as meter, open_session({"spark.driver.memory": "2g"}) as spark:
        rounds = Rounds(
            meter, runs=3, warm_ups=1, say=lambda what: print(f"bench: {what}", file=sys.stderr, flush=True)
        )
        print_section(console, measure_native_functions(spark, rounds))


def measure_native_functions(spark: SparkSession, rounds: Rounds) -> Section:
    """Measure references of k = 4000, 20,000 rows each, with windows of k = 800, 5,000 rows each."""
    pairs = _pairs(spark)
    contenders = [Contender("reading the sketches", _computing(pairs, F.expr(_LENGTHS), _NATIVE_TIMES))]
    for name in _STATISTICS:
        native = F.expr(f"sparkmon_{name}(reference, profile)")
        contenders += [
            Contender(f"JVM: {name}", _computing(pairs, native, _NATIVE_TIMES)),
            Contender(f"pandas: {name}", _computing(pairs, over_profiles(name)("reference", "profile"), _PANDAS_TIMES)),
        ]
    results = rounds.measure(contenders)
    by_name = {result.name: result for result in results}
    ratios = {
        f"{name} a pair: pandas / JVM": _us(by_name[f"pandas: {name}"]) / _us(by_name[f"JVM: {name}"])
        for name in _STATISTICS
    }
    notes = [f"{result.name}: {_us(result):,.0f} CPU us a pair" for result in results]
    title = f"{_COLUMNS} references (k = 4000) beside {_WINDOWS} windows of each (k = 800): one statistic a pair"
    return Section("functions", title, "pairs", results, ratios, notes)


_LENGTHS = "CAST(length(reference.sketch) + length(profile.sketch) AS double)"


def _computing(pairs: DataFrame, statistic: Column, times: int) -> Callable[[], int]:
    expected = times * _COLUMNS * _WINDOWS

    def run() -> int:
        repeated = pairs.sparkSession.range(0, times, 1, 2).crossJoin(F.broadcast(pairs))
        row = repeated.select(statistic.alias("value")).agg(F.count("value"), F.sum("value")).head()
        if row is None or row[0] != expected:
            raise AssertionError(f"expected {expected} values, got {row}")
        return expected

    return run


def _us(result: Result) -> float:
    return 1e6 / result.per_cpu_second


def _pairs(spark: SparkSession) -> DataFrame:
    random = np.random.default_rng(1)
    references = [_profile(random.normal(at, 1, 20_000), 4000) for at in range(_COLUMNS)]
    rows = [
        (references[at], _profile(random.normal(at + window / 100, 1, 5_000), 800))
        for at in range(_COLUMNS)
        for window in range(_WINDOWS)
    ]
    sides = [pa.array([row[side] for row in rows], PROFILE) for side in (0, 1)]
    return spark.createDataFrame(pa.table({"reference": sides[0], "profile": sides[1]})).cache()


def _profile(values: np.ndarray, k: int) -> dict[str, object]:
    known = {"count": values.size, "num_numbers": values.size, "sketch": write_kll([values], k)}
    nothing = dict.fromkeys(("num_nulls", "num_nan", "num_inf", "num_texts"), 0)
    moments = {"avg": float(values.mean()), "m2": float(values.var() * values.size)}
    return {**nothing, **known, **moments, "min": float(values.min()), "max": float(values.max())}


if __name__ == "__main__":
    main()
