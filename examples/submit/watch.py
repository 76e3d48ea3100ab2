"""A monitor for a cluster that has no sparkmon: `spark-submit --py-files sparkmon.zip watch.py LOG TRAINING PLACE`.

LOG is what `sparkmon receive` writes, TRAINING the training data as CSV. PLACE gets the reference, the tables and the
checkpoints. The driver and the workers reach all three. docs/platforms.md has the whole command.
"""

import sys

from pyspark.sql import SparkSession

import sparkmon

log, training, place = sys.argv[1:]
spark = SparkSession.builder.getOrCreate()
sparkmon.register(spark)

store = sparkmon.LocalStore(f"{place}/store")
table = spark.read.csv(training, header=True, inferSchema=True)
store.write_reference(sparkmon.reference_of(table, "payments").toArrow())

monitor = sparkmon.Monitor(store, f"{place}/tables", windows=sparkmon.Windows("6 hours"))
events = spark.readStream.format("kserve").load(log)
monitor.start(events, f"{place}/checkpoints", available_now=True).awaitTermination()

# Its findings are in the table drift_metrics. The same by the SQL functions, on the tables of profiles and references:
drift = spark.sql(f"""
    SELECT date_format(window_start, 'HH') AS hour, column_name,
           sparkmon_psi(r.profile, p.profile) AS psi, sparkmon_ks(r.profile, p.profile) AS ks
    FROM delta.`{place}/tables/profiles` p JOIN delta.`{place}/store/references` r USING (model, column_name)
    WHERE p.slice_key IS NULL AND column_name IN ('amount', 'age')
""")
for row in drift.toLocalIterator():
    print(*row, sep="\t")
spark.stop()
