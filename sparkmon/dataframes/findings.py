"""Windows judged as one, of profiles that are a DataFrame."""

from functools import partial, reduce
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, functions as F

from sparkmon.comparison import Judge
from sparkmon.compat import from_arrow, map_groups, to_arrow
from sparkmon.distributions.schema import REFERENCES
from sparkmon.schemas import DRIFT_METRICS, PROFILES

MOST_ON_DRIVER = 5_000
"""As many profiles take some seconds and 100 MB; more are judged model by model on the workers."""


def findings_of(
    judge: Judge,
    profiles: DataFrame,
    earlier: DataFrame | None = None,
    earlier_profiles: DataFrame | None = None,
    *,
    most_on_driver: int = MOST_ON_DRIVER,
) -> DataFrame:
    """Judge profiles as :meth:`sparkmon.comparison.Judge.findings` does, but with many each model on a worker.

    >>> from sparkmon.comparison import Checks
    >>> from sparkmon.profiles import profile_table, reference_of
    >>> references = reference_of(spark.range(4_000), "m").toArrow()
    >>> judge = Judge(references, Checks(("ks",)), step_s=3600, lengths=["1 hour"])
    >>> profiles = profile_table(spark.range(2_000), {"id": "numeric"}, model="m", k=4000)
    >>> findings_of(judge, profiles).select("column_name", "status", "confirmed").collect()
    [Row(column_name='id', status='drift', confirmed=True)]
    """
    tables = {"profiles": profiles.select(*PROFILES.names)}
    if earlier is not None:
        tables["earlier"] = earlier.select(*DRIFT_METRICS.names)
    if earlier_profiles is not None:
        tables["earlier_profiles"] = earlier_profiles.select(*PROFILES.names)
    on_driver = to_arrow(tables["profiles"].limit(most_on_driver + 1))
    if on_driver.num_rows > most_on_driver:
        return _by_model(judge, tables)
    others = {name: to_arrow(frame) for name, frame in tables.items() if name != "profiles"}
    findings = judge.findings(on_driver, **others)
    return from_arrow(profiles.sparkSession, findings.combine_chunks(), DRIFT_METRICS)


def _by_model(judge: Judge, tables: dict[str, DataFrame]) -> DataFrame:
    """Judge each model by itself, with its references."""
    names = [*tables]
    tables = tables | {"references": from_arrow(tables["profiles"].sparkSession, judge.references)}
    frames = (frame.select("model", F.struct(*frame.columns).alias(name)) for name, frame in tables.items())
    rows = reduce(partial(DataFrame.unionByName, allowMissingColumns=True), frames)
    make = partial(Judge, checks=judge.checks, step_s=judge.step_s, lengths=judge.lengths)

    def judge_model(rows: pa.Table) -> pa.Table:
        parts = {name: _flat(rows[name]) for name in names}
        return make(_flat(rows["references"]).cast(REFERENCES)).findings(**parts)

    return map_groups(rows, "model", judge_model, DRIFT_METRICS)


def _flat(structs: Any) -> pa.Table:  # noqa: ANN401 - a column of structs
    return pa.Table.from_struct_array(structs.drop_null().combine_chunks())
