-- Drift of a model's log in SQL alone: no Python runs. In this folder:
--   spark-sql --jars sparkmon_2.13-0.2.0.jar --conf spark.sql.extensions=io.sparkmon.SparkmonExtensions -f drift.sql
-- training.csv is what the model was trained on; log/ has a day of its requests as CloudEvents, one per line, which
-- KServe's logger sends. The last statement prints the columns that drifted.

CREATE OR REPLACE TEMPORARY VIEW training
  USING csv OPTIONS (path 'training.csv', header 'true', inferSchema 'true');

CREATE OR REPLACE TEMPORARY VIEW events (
    type STRING, time TIMESTAMP, inferenceservicename STRING, data STRUCT<instances: ARRAY<ARRAY<DOUBLE>>>)
  USING json OPTIONS (path 'log');

-- The reference: one row per column of the training data, its numbers as a sketch.
CREATE OR REPLACE TEMPORARY VIEW reference AS
SELECT column_name, count(value) AS reference_count, kll_sketch_agg_double(value, 4000) AS reference
FROM (SELECT stack(2, 'amount', amount, 'age', double(age)) AS (column_name, value) FROM training)
GROUP BY column_name;

-- The windows: one row per model, six hours and column.
CREATE OR REPLACE TEMPORARY VIEW profiles AS
SELECT inferenceservicename AS model, window.start AS window_start, window.end AS window_end, column_name,
       count(value) AS current_count, kll_sketch_agg_double(value, 800) AS profile
FROM (SELECT inferenceservicename, time, stack(2, 'amount', instance[0], 'age', instance[1]) AS (column_name, value)
      FROM events LATERAL VIEW explode(data.instances) AS instance
      WHERE type = 'org.kubeflow.serving.inference.request')
GROUP BY inferenceservicename, window(time, '6 hours'), column_name;

-- What was found. The threshold of KS is its critical value at a chance of 0.001: the noise of windows without drift.
CREATE TABLE drift_metrics USING parquet AS
SELECT model, window_start, window_end, column_name, reference_count, current_count,
       sparkmon_psi(reference, profile) AS psi,
       sparkmon_wasserstein(reference, profile) AS wasserstein,
       sparkmon_ks(reference, profile) AS ks,
       sqrt(-ln(0.001 / 2) / 2 * (1 / reference_count + 1 / current_count)) AS ks_threshold
FROM profiles JOIN reference USING (column_name);

SELECT window_start, column_name, round(psi, 3) AS psi, round(ks, 3) AS ks
FROM drift_metrics WHERE psi > 0.2 AND ks > ks_threshold ORDER BY window_start, column_name;
