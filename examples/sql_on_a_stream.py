"""Drift of a live stream in SQL; run python examples/sql_on_a_stream.py to see."""

import tempfile
from pathlib import Path

from card_payments import log_a_day, payments
from pyspark.sql import SparkSession

import sparkmon

work = Path(tempfile.mkdtemp(prefix="sparkmon-sql-"))
spark = (
    sparkmon.configure(SparkSession.builder)
    .config("spark.log.level", "ERROR")
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.ui.enabled", "false")
    .getOrCreate()
)
sparkmon.register(spark)

store = sparkmon.LocalStore(work / "store")
training = spark.createDataFrame(payments(20_000, seed=2025))
store.write_reference(sparkmon.reference_of(training, "payments").toArrow())
log_a_day(work / "spool")

# Two views: the stream's windows, one row per column, and the training data.
monitor = sparkmon.Monitor(store, f"{work}/tables", windows=sparkmon.Windows("6 hours"))
events = spark.readStream.format("kserve").load(str(work / "spool"))
monitor.profiles(events).createOrReplaceTempView("live")
spark.createDataFrame(store.read_references()).createOrReplaceTempView("training")

drift = spark.sql("""
    SELECT live.window_start, column_name, live.profile.avg AS mean,
           sparkmon_psi(training.profile, live.profile) AS psi
    FROM live JOIN training USING (model, column_name)
""")

# The memory sink keeps the answer as a table; write to Delta or Kafka in production.
query = (
    drift.writeStream.format("memory")
    .queryName("drift")
    .option("checkpointLocation", f"{work}/checkpoint")
    .trigger(availableNow=True)
    .start()
)
query.awaitTermination()
spark.sql("SELECT * FROM drift WHERE psi > 0.2 ORDER BY window_start, column_name").show(100, False)

spark.stop()
