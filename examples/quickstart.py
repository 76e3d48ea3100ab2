"""From a training table to findings in one script; run python examples/quickstart.py to see."""

import tempfile
from pathlib import Path

from card_payments import log_a_day, payments
from pyspark.sql import SparkSession

import sparkmon

work = Path(tempfile.mkdtemp(prefix="sparkmon-quickstart-"))
spark = (
    sparkmon.configure(SparkSession.builder)
    .config("spark.log.level", "ERROR")
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.ui.enabled", "false")
    .getOrCreate()
)
sparkmon.register(spark)

# 1. What the model learnt from, summarised once and kept in the feature store.
training = spark.createDataFrame(payments(20_000, seed=2025))
store = sparkmon.LocalStore(work / "store")
store.write_reference(sparkmon.reference_of(training, "payments").toArrow())

# 2. What KServe logged. `sparkmon receive` writes such a spool; here a day of traffic is made up.
log_a_day(work / "spool")
events = spark.read.format("kserve").load(str(work / "spool"))

# 3. Each six hours of traffic beside the training data.
monitor = sparkmon.Monitor(store, f"{work}/tables", windows=sparkmon.Windows("6 hours"))
findings = monitor.findings(monitor.profiles(events)).cache()
findings.orderBy("window_start", "column_name", "statistic").select(
    "window_start", "column_name", "statistic", "value", "threshold", "status"
).show(100, truncate=False)

for alert in sparkmon.alerts_of(findings).orderBy("window_start").collect():
    print(alert["message"])

spark.stop()
