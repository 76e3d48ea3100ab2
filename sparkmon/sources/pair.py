"""Joins the two halves of a call, if whole rows are needed."""

from pyspark.sql import Column, DataFrame, functions as F

_HOP = ("event_id", "namespace", "model", "component", "instance")
_SHARED = ("model_version", "endpoint", "source", "request_id", "status_code")


def pair(rows: DataFrame, delay: str = "1 minute") -> DataFrame:
    """Join the request and the response rows of one hop, instance by instance.

    Profiles do not need this: it costs several times what they do. Use it if features and predictions are needed
    in one row.

    Parameters
    ----------
    rows : DataFrame
        As :func:`rows` makes them with ``delay``, streaming or not.
    delay : str, default "1 minute"
        How far the halves' times may lie apart.

    Returns
    -------
    DataFrame
        ``model, model_version, namespace, component, endpoint, source, event_id, request_id, instance,
        request_time, response_time, features, predictions, status_code, latency_ms, pairing``.
        ``pairing`` is ``both``, ``request_only`` or ``response_only``. A request without a response is not an
        error: the call may have failed, or its response event been lost; the log does not distinguish them.
        ``latency_ms`` is null unless both events carry ``ce-recordedtime``: before KServe 0.18 the times are those
        of sending.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from sparkmon.protocol import events_to_batch, from_http
    >>> from sparkmon.sources.decode import rows
    >>> def half(kind, body):
    ...     return from_http(
    ...         {"ce-id": "1", "ce-source": "pod", "ce-type": f"org.kubeflow.serving.inference.{kind}",
    ...          "ce-time": "2026-01-05T00:00:00Z"}, body)
    >>> both = [half("request", b'{"instances": [[5.1]]}'), half("response", b'{"predictions": [1]}')]
    >>> events = spark.createDataFrame(pa.Table.from_batches([events_to_batch(both)]))
    >>> whole = pair(rows(events, delay="1 minute"))
    >>> whole.select("pairing", "features.feature_0.number", "predictions.prediction.number").collect()
    [Row(pairing='both', number=5.1, number=1.0)]
    """
    instances = rows.where(F.col("instance") >= 0)
    columns = (*_HOP, *_SHARED, "event_time", "recorded_time", "features", "predictions")
    requests = _half(instances, "request", columns)
    responses = _half(instances, "response", columns)
    window = F.expr(f"INTERVAL {delay}")
    condition = F.col("response_event_time").between(
        F.col("request_event_time") - window, F.col("request_event_time") + window
    )
    for name in _HOP:
        condition = (F.col(f"request_{name}") == F.col(f"response_{name}")) & condition
    return requests.join(responses, condition, "full_outer").select(*_whole())


def _half(rows: DataFrame, half: str, columns: tuple[str, ...]) -> DataFrame:
    return rows.where(F.col("event_type") == half).select(*(F.col(name).alias(f"{half}_{name}") for name in columns))


def _whole() -> list[Column]:
    def either(name: str) -> Column:
        return F.coalesce(F.col(f"response_{name}"), F.col(f"request_{name}")).alias(name)

    both = F.col("request_event_id").isNotNull() & F.col("response_event_id").isNotNull()
    occurred = F.col("request_recorded_time").isNotNull() & F.col("response_recorded_time").isNotNull()
    elapsed = F.unix_micros("response_event_time") - F.unix_micros("request_event_time")
    return [
        *(either(name) for name in ("model", "model_version", "namespace", "component", "endpoint")),
        *(either(name) for name in ("source", "event_id", "request_id", "instance")),
        F.col("request_event_time").alias("request_time"),
        F.col("response_event_time").alias("response_time"),
        F.coalesce(F.col("request_features"), F.col("response_features")).alias("features"),
        F.col("response_predictions").alias("predictions"),
        either("status_code"),
        F.when(both & occurred, elapsed / 1000).alias("latency_ms"),
        F.when(both, "both")
        .when(F.col("request_event_id").isNotNull(), "request_only")
        .otherwise("response_only")
        .alias("pairing"),
    ]
