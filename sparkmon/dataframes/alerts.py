"""Alerts of findings that are a DataFrame."""

import pyarrow as pa
from pyspark.sql import DataFrame

from sparkmon.alerts import observations_of
from sparkmon.alerts.schema import OBSERVATIONS
from sparkmon.compat import map_groups
from sparkmon.schemas import OBSERVATIONS as SPARK_OBSERVATIONS


def alerts_of(findings: DataFrame) -> DataFrame:
    """Return an alert of each column that drifted or exceeds its limit, for use in batch.

    Parameters
    ----------
    findings : DataFrame
        ``sparkmon.schemas.DRIFT_METRICS``, not streaming. A drift that is not ``confirmed`` has no alert; one for
        which that is null has. The alert of a ``provisional`` drift has another id than that of the closed window.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.OBSERVATIONS``: each column that drifts, by its strongest statistic. A slice has an alert
        only if its whole column has none in that window. The column ``:joint`` stands for all numeric features
        together: :func:`sparkmon.domain_classifier` reports which of them differ. A running
        :class:`sparkmon.Monitor` applies its policy to decide which of them notify.

    Examples
    --------
    >>> from sparkmon.dataframes.compare import compare
    >>> from sparkmon.profiles import profile_table, reference_of
    >>> profiles = profile_table(spark.range(2_000), {"id": "numeric"}, model="m", k=4000)
    >>> alert = alerts_of(compare(profiles, reference_of(spark.range(4_000), "m"))).first()
    >>> alert.severity
    'critical'
    >>> alert.message
    'id of the model m drifted from training: psi 3.8 exceeds its threshold 0.2 (2,000 rows against 4,000)'
    """

    def alerts_of_model(findings: pa.Table) -> pa.Table:
        alerts = [each.alert for each in observations_of(findings) if each.outcome == "drift"]
        return pa.Table.from_pylist(alerts, schema=OBSERVATIONS)

    # All that inhibits a slice is of its own model.
    return map_groups(findings, "model", alerts_of_model, SPARK_OBSERVATIONS)
