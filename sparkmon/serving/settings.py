"""The settings of a transformer, checked before it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import orjson

from sparkmon.errors import OptionError
from sparkmon.store.online import FeatureValue

_ON_MISSING = ("error", "null", "default")
_PROTOCOLS = ("v1", "v2", "grpc-v2")
_LAYOUTS = ("vectors", "columns")


@dataclass(frozen=True, slots=True)
class EnrichmentSettings:
    """How entity ids become vectors, and what happens if the store has no row.

    Raises
    ------
    OptionError
        A value is out of its range.

    Examples
    --------
    >>> EnrichmentSettings(on_missing="default", defaults={"mean_amount": 0.0}).on_store_failure
    'error'
    >>> EnrichmentSettings(on_missing="ignore")
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got on_missing='ignore'; expected error, null or default
    """

    on_missing: str = "null"
    """For a key without a row, ``error`` answers 404 with group and key, ``null`` sends nulls, ``default`` sends
    ``defaults``."""
    defaults: Mapping[str, FeatureValue] = field(default_factory=dict)
    """Feature to its value if its row is missing or the request does not pass it; others are null."""
    on_store_failure: str = "error"
    """For a store that fails or is late, ``error`` answers 503, ``null`` and ``default`` treat all keys as missing."""
    enrichment_notes: bool = True
    """Whether the request to the predictor notes the entity ids, and missing and stale rows."""
    max_instances: int = 10_000
    """At most this many instances in one request; more are refused with 400."""
    store_timeout_ms: int = 100
    """Time-out of one lookup, from its start."""
    store_connections: int = 8
    """Concurrent lookups; more wait."""
    circuit_failures: int = 5
    """After this many consecutive failures, the store or the predictor is not called for a while."""
    circuit_open_ms: int = 1000
    """How long it is not called."""

    def __post_init__(self) -> None:
        _one_of("on_missing", self.on_missing, _ON_MISSING)
        _one_of("on_store_failure", self.on_store_failure, _ON_MISSING)
        _bound("max_instances", self.max_instances, 1, 10**6)
        _bound("store_timeout_ms", self.store_timeout_ms, 1, 600_000)
        _bound("store_connections", self.store_connections, 1, 10_000)
        _bound("circuit_failures", self.circuit_failures, 1, 10**6)
        _bound("circuit_open_ms", self.circuit_open_ms, 1, 3_600_000)


@dataclass(frozen=True, slots=True)
class PredictorSettings:
    """Where the predictor is, and what it gets.

    Raises
    ------
    OptionError
        A value is out of its range.

    Examples
    --------
    >>> PredictorSettings("fraud-predictor.demo").protocol
    'v1'
    """

    host: str
    """``host`` or ``host:port``."""
    protocol: str = "v1"
    """``v1``, ``v2`` or ``grpc-v2``, independent of the caller's protocol."""
    use_ssl: bool = False
    timeout_s: float = 60.0
    """Time-out of one call, including the connection."""
    connections: int = 256
    """Concurrent calls; more wait."""
    layout: str = "vectors"
    """``vectors``: an instance is a list of values, a V2 request one tensor of all. ``columns``: an instance is an
    object, a V2 request has one tensor per feature. Features that are not all numbers take ``columns`` in V2."""
    binary: bool = False
    """Whether V2 tensors over HTTP are sent and requested as bytes after the JSON."""
    check_health: bool = False
    """Whether the transformer is ready only if the predictor is."""

    def __post_init__(self) -> None:
        if not self.host:
            raise OptionError.missing("predictor_host", "the predictor's host:port")
        _one_of("predictor_protocol", self.protocol, _PROTOCOLS)
        _one_of("predictor_layout", self.layout, _LAYOUTS)
        _bound("predictor_request_timeout_seconds", self.timeout_s, 0.001, 86_400)
        _bound("max_in_flight", self.connections, 1, 100_000)

    @property
    def base_url(self) -> str:
        """The URL that HTTP paths are appended to.

        Examples
        --------
        >>> PredictorSettings("localhost:8085").base_url
        'http://localhost:8085'
        """
        return f"{'https' if self.use_ssl else 'http'}://{self.host}"


def parse_defaults(texts: list[str]) -> dict[str, Any]:
    """Read ``name=value`` texts; a value that is not JSON is text.

    Raises
    ------
    OptionError
        A text has no name, or a number that is too large.

    Examples
    --------
    >>> parse_defaults(["amount=3", "country=DK", 'zip="0800"', "limit=null"])
    {'amount': 3, 'country': 'DK', 'zip': '0800', 'limit': None}
    """
    defaults = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise OptionError.malformed("default", text, "name=value")
        try:
            defaults[name] = orjson.loads(value)
        except ValueError:
            defaults[name] = value
        if isinstance(defaults[name], float) and not isfinite(defaults[name]):
            raise OptionError.malformed("default", text, "a number that a double holds")
    return defaults


def _one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        expected = f"{', '.join(choices[:-1])} or {choices[-1]}"
        raise OptionError.malformed(name, value, expected)


def _bound(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise OptionError.malformed(name, value, f"{low:g} to {high:g}")
