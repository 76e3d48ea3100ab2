"""Judged on the driver and model by model on workers: the same findings."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession

from sparkmon.comparison import Judge
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.dataframes import findings_of
from sparkmon.distributions.schema import PROFILE_KEY
from sparkmon.schemas import DRIFT_METRICS as SPARK_DRIFT_METRICS
from tests.comparison import judge_case as case

ORDER: Any = [(name, "ascending") for name in (*PROFILE_KEY, "drift_type", "reference", "statistic")]


def test_profiles_are_judged_alike_on_the_driver_and_by_model(spark: SparkSession) -> None:
    judge = Judge(case.references(), case.CHECKS, step_s=3600, lengths=case.LENGTHS)
    profiles, before = case.profiles([3, 4, 5]), case.profiles([0, 1, 2])
    earlier = judge.findings(before)
    expected = judge.findings(profiles, earlier, before).sort_by(ORDER)
    frames = [spark.createDataFrame(table.combine_chunks()) for table in (profiles, earlier, before)]
    for most in (profiles.num_rows, profiles.num_rows - 1):
        findings = findings_of(judge, *frames, most_on_driver=most)
        assert findings.schema == SPARK_DRIFT_METRICS
        assert collected(findings).equals(expected)
    # A model without references, and references without profiles.
    stranger = findings_of(judge, frames[0].where("model = 'c'"), most_on_driver=0)
    of_c = judge.findings(profiles.filter(pc.field("model") == "c"))
    assert collected(stranger).equals(of_c.sort_by(ORDER))


def collected(findings: DataFrame) -> pa.Table:
    return findings.toArrow().cast(DRIFT_METRICS).sort_by(ORDER)
