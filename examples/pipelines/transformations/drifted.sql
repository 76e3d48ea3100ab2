CREATE MATERIALIZED VIEW drifted AS
SELECT model, column_name, min(window_start) AS since, max(psi) AS psi
FROM drift_metrics WHERE psi > 0.2
GROUP BY model, column_name;
