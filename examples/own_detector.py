"""A detector of one's own: rows off the plane in which the training data lies.

Import it where references are made and where the monitor runs; Spark's workers need the file, too (``--py-files``).
"""

from dataclasses import dataclass

import numpy as np

from sparkmon.detectors import Columns, RowDetector, Rows, register_detector

KEPT = 0.9


@register_detector
@dataclass(frozen=True, eq=False)
class OffPlane(RowDetector):
    """The distance of a row to the plane of the principal components that keep 90 % of the variance."""

    name = "off_plane"
    phrase = "takes the row off the plane of the training data"

    means: np.ndarray
    scales: np.ndarray
    components: np.ndarray

    @classmethod
    def fit(cls, columns: Columns, training: Rows) -> "OffPlane":
        """Learn the plane."""
        means, scales = training.numbers.mean(axis=0), training.numbers.std(axis=0)
        scales = np.where(scales > 0, scales, 1.0)
        values, vectors = np.linalg.eigh(np.cov((training.numbers - means) / scales, rowvar=False))
        order = np.argsort(-values)
        count = int(np.searchsorted(np.cumsum(values[order]) / values.sum(), KEPT)) + 1
        return cls(means, scales, vectors[:, order[:count]])

    def score(self, rows: Rows) -> np.ndarray:
        """Return the distance of each row."""
        z = np.clip((rows.numbers - self.means) / self.scales, -8, 8)
        distances: np.ndarray = np.linalg.norm(z - z @ self.components @ self.components.T, axis=1)
        return distances


if __name__ == "__main__":
    import json
    import tempfile
    from datetime import datetime, timedelta, timezone

    import pyarrow as pa
    from pyspark.sql import SparkSession

    import sparkmon
    from sparkmon.logs import SpoolWriter
    from sparkmon.protocol import events_to_batch
    from sparkmon.records import Event

    spark = (
        sparkmon.configure(SparkSession.builder)
        .config("spark.log.level", "ERROR")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    sparkmon.register(spark)
    random, work = np.random.default_rng(1), tempfile.mkdtemp()
    kelvin = random.normal(290, 8, 30_000).round(2)
    celsius = (kelvin - 273.15 + random.normal(0, 0.2, 30_000)).round(2)
    training = pa.table([pa.array(kelvin), pa.array(celsius)], names=["kelvin", "celsius"])
    store = sparkmon.LocalStore(f"{work}/store")
    made = sparkmon.reference_of(spark.createDataFrame(training), "weather", outliers=["robust_z", "off_plane"])
    store.write_reference(made.toArrow())

    # Both numbers of the second row are usual ones; they do not belong together.
    rows = [[290.0, 16.9], [280.0, 25.0], [300.0, 26.8]]
    moment = datetime.now(timezone.utc) - timedelta(hours=2)
    body = json.dumps({"instances": rows}).encode()
    with SpoolWriter(f"{work}/spool") as spool:
        event = Event("e-1", "request", "pod", moment, body, "weather", content_type="application/json")
        spool.append(events_to_batch([event]))
    monitor = sparkmon.Monitor(store, f"{work}/tables", alerting=sparkmon.Alerting(()))
    events = spark.readStream.format("kserve").load(f"{work}/spool")
    monitor.start(events, f"{work}/checkpoints", available_now=True).awaitTermination()
    for outlier in monitor.tables.read(spark, "outliers").collect():
        print(f"row {outlier.instance} of {outlier.event_id}: {outlier.reason} ({outlier.detector})")
