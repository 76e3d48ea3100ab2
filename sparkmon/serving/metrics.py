"""The transformer's Prometheus metrics, next to kserve's own at ``/metrics``."""

from __future__ import annotations

from functools import partial

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

_LATENCIES = [ms / 1e3 for ms in (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 30_000)]
_AGES = [1, 10, 60, 300, 900, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400]


class TransformerMetrics:
    """Counters of one transformer. The only label from outside is the feature group's name, which the view fixes.

    Parameters
    ----------
    registry : CollectorRegistry
        Where they are registered; kserve serves prometheus_client's default registry.

    Examples
    --------
    >>> metrics = TransformerMetrics(CollectorRegistry())
    >>> metrics.missing.labels("cards_1").inc(2)
    >>> metrics.registry.get_sample_value(
    ...     "sparkmon_transformer_missing_keys_total", {"group": "cards_1"}
    ... )
    2.0
    """

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        counter = partial(Counter, registry=registry)
        histogram = partial(Histogram, registry=registry)
        self.registry = registry
        self.lookup_seconds = histogram(
            "sparkmon_transformer_lookup_seconds",
            "One read of the feature store, all groups of all instances of a request.",
            buckets=_LATENCIES,
        )
        self.predictor_seconds = histogram(
            "sparkmon_transformer_predictor_seconds",
            "One call of the predictor, whatever the answer.",
            buckets=_LATENCIES,
        )
        self.age_seconds = histogram(
            "sparkmon_transformer_feature_age_seconds",
            "Age of the rows by their feature group's time column.",
            ["group"],
            buckets=_AGES,
        )
        self.instances = counter("sparkmon_transformer_instances", "Instances that were looked up.")
        self.missing = counter(
            *("sparkmon_transformer_missing_keys", "Instances whose key has no row."), ["group"]
        )
        self.stale = counter(
            "sparkmon_transformer_stale_rows",
            "Instances whose row is older than the feature group allows.",
            ["group"],
        )
        self.store_failures = counter(
            "sparkmon_transformer_store_failures",
            "Requests the feature store did not answer: failed, timeout or circuit_open.",
            ["reason"],
        )
        self.predictor_failures = counter(
            "sparkmon_transformer_predictor_failures",
            "Requests the predictor did not answer: unreachable, timeout or circuit_open.",
            ["reason"],
        )
        self.shed = counter("sparkmon_transformer_shed", "Requests refused in an overload.")
        self.in_flight = Gauge(
            "sparkmon_transformer_in_flight",
            "Requests between arrival and answer.",
            registry=registry,
        )
