"""The transformer's Prometheus metrics, next to kserve's own at ``/metrics``."""

from functools import partial

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

_NAMESPACE = "sparkmon_transformer"
_LATENCIES = [ms / 1e3 for ms in (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 30_000)]
_AGES = [1, 10, 60, 300, 900, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400]
_LOOKUP = "One read of the feature store, all groups of all instances of a request."
_CALL = "One call of the predictor, whatever the answer."
_AGE = "Age of the rows by their feature group's time column."
_MISSING = "Instances whose key has no row."
_STALE = "Instances whose row is older than the feature group allows."
_NO_STORE = "Requests the feature store did not answer: failed, timeout or circuit_open."
_NO_PREDICTOR = "Requests the predictor did not answer: unreachable, timeout or circuit_open."

_REFUSED = "Requests refused before they were whole: too large, too slow, too many; by reason."


class TransformerMetrics:
    """Counters of one transformer. The only label from outside is the feature group's name, which the view fixes."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.registry = registry
        counter = partial(Counter, namespace=_NAMESPACE, registry=registry)
        gauge = partial(Gauge, namespace=_NAMESPACE, registry=registry)
        histogram = partial(Histogram, namespace=_NAMESPACE, registry=registry)
        self.lookup_seconds = histogram("lookup_seconds", _LOOKUP, buckets=_LATENCIES)
        self.predictor_seconds = histogram("predictor_seconds", _CALL, buckets=_LATENCIES)
        self.age_seconds = histogram("feature_age_seconds", _AGE, ["group"], buckets=_AGES)
        self.instances = counter("instances", "Instances that were looked up.")
        self.missing = counter("missing_keys", _MISSING, ["group"])
        self.stale = counter("stale_rows", _STALE, ["group"])
        self.store_failures = counter("store_failures", _NO_STORE, ["reason"])
        self.predictor_failures = counter("predictor_failures", _NO_PREDICTOR, ["reason"])
        self.shed = counter("shed", "Requests refused in an overload.")
        self.refused = counter("refused", _REFUSED, ["reason"])
        self.connections = gauge("connections", "HTTP connections open now.")
        self.in_flight = gauge("in_flight", "Requests between arrival and answer.")
