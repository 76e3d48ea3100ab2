"""From entity ids to feature vectors: the store's rows, passed features, and defaults for missing rows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from sparkmon.errors import ServingError, StoreError, StoreTimeoutError
from sparkmon.protocol.enrichment import Enrichment
from sparkmon.serving.circuit import Circuit
from sparkmon.serving.fair_timeout import fair_timeout
from sparkmon.serving.metrics import TransformerMetrics
from sparkmon.serving.request_reader import EnrichmentRequest
from sparkmon.serving.serving_error import serving_error
from sparkmon.serving.settings import EnrichmentSettings
from sparkmon.store.feature_view import FeatureView, GroupInView
from sparkmon.store.online import FeatureValue, OnlineView, Vectors


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True, slots=True)
class Enriched:
    """The vectors of one request, one list per instance in the order of ``features``, and their note."""

    features: tuple[str, ...]
    values: list[list[FeatureValue]]
    note: Enrichment


class Enricher:
    """Looks vectors up, and applies the settings for missing keys and a failing store.

    Parameters
    ----------
    online : OnlineView
        The open view; the caller closes it.
    settings : EnrichmentSettings
        What to do if a row is missing or the store fails.
    metrics : TransformerMetrics
        Counts and times the lookups.
    clock : callable
        The current time, for the ages of rows.
    """

    def __init__(
        self,
        online: OnlineView,
        settings: EnrichmentSettings,
        metrics: TransformerMetrics,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._online = online
        self._view = online.view
        self._settings = settings
        self._metrics = metrics
        self._clock = clock
        self._circuit = Circuit(settings.circuit_failures, settings.circuit_open_ms / 1e3)
        # Waiting here does not count towards the time-out; few concurrent lookups keep each of them short.
        self._lookups = asyncio.Semaphore(settings.store_connections)
        self._name = f"{self._view.name}:{self._view.version}"

    async def enrich(self, request: EnrichmentRequest) -> Enriched:
        """Return the vectors of a request.

        Raises
        ------
        ServingError
            ``KEY_MISSING``, 404, and ``STORE_FAILED``, 503, if the settings say ``error``.
        """
        vectors = await self._read(request)
        if vectors is None:
            indexes = range(len(request.ids))
            vectors = _without_store(self._view, request)
            policy = self._settings.on_store_failure
            missing: Mapping[str, Sequence[int]] = {g.name: indexes for g in self._view.groups}
        else:
            policy = self._settings.on_missing
            missing = vectors.missing
            self._count(len(request.ids), missing)
            if policy == "error" and missing:
                raise _key_missing(self._view, request, missing)
        if policy == "default" and missing and self._settings.defaults:
            self._fill(vectors, missing)
        return Enriched(vectors.features, vectors.values, self._note(request, vectors, missing))

    async def _read(self, request: EnrichmentRequest) -> Vectors | None:
        """Read the store; None if it failed and the settings say to continue without it."""
        if not request.ids:
            return Vectors(self._view.features, [], {}, {})
        if not self._circuit.is_open:
            async with self._lookups:
                # The circuit may have opened during the wait.
                if self._circuit.permits():
                    return await self._look_up(request)
        reason = "the feature store has failed and is not called for a while"
        self._count_failure("circuit_open", reason)
        return None

    async def _look_up(self, request: EnrichmentRequest) -> Vectors | None:
        start = time.perf_counter()
        try:
            vectors = await fair_timeout(
                self._settings.store_timeout_ms / 1e3,
                self._online.read(
                    request.ids, request.passed_features, request.shared_features or None
                ),
            )
        except StoreError as error:
            self._circuit.failed()
            late = isinstance(error, StoreTimeoutError)
            self._count_failure("timeout" if late else "failed", str(error))
            return None
        finally:
            self._metrics.lookup_seconds.observe(time.perf_counter() - start)
        self._circuit.succeeded()
        return vectors

    def _count_failure(self, reason: str, detail: str) -> None:
        self._metrics.store_failures.labels(reason).inc()
        if self._settings.on_store_failure == "error":
            raise serving_error("STORE_FAILED", 503, detail, retry_after_s=1)

    def _count(self, instances: int, missing: Mapping[str, Sequence[int]]) -> None:
        self._metrics.instances.inc(instances)
        for group, indexes in missing.items():
            self._metrics.missing.labels(group).inc(len(indexes))

    def _fill(self, vectors: Vectors, missing: Mapping[str, Sequence[int]]) -> None:
        defaults = self._settings.defaults
        for group in self._view.groups:
            places = [
                (vectors.features.index(name), defaults[name])
                for name in group.features.values()
                if name in defaults and name in vectors.features
            ]
            for index in missing.get(group.name, ()):
                row = vectors.values[index]
                for place, value in places:
                    if row[place] is None:
                        row[place] = value

    def _note(
        self, request: EnrichmentRequest, vectors: Vectors, missing: Mapping[str, Sequence[int]]
    ) -> Enrichment:
        keys = {name: [ids[name] for ids in request.ids] for name in self._view.entity_ids}
        stale: dict[str, list[int]] = {}
        ages: dict[str, list[float | None]] = {}
        now = self._clock()
        for group in self._view.groups:
            if group.time is None or group.name not in vectors.times:
                continue
            ages[group.name] = [
                None if each is None else (now - each).total_seconds()
                for each in vectors.times[group.name]
            ]
            self._observe(group, ages[group.name], stale)
        # Groups without missing rows are listed too: a rate needs the requests in which none was missing.
        indexes = {group.name: list(missing.get(group.name, ())) for group in self._view.groups}
        return Enrichment(self._name, keys, indexes, stale, ages)

    def _observe(
        self, group: GroupInView, ages: list[float | None], stale: dict[str, list[int]]
    ) -> None:
        observe = self._metrics.age_seconds.labels(group.name).observe
        for age in ages:
            if age is not None:
                observe(age)
        if group.max_age_s is not None:
            limit = group.max_age_s
            indexes = [i for i, age in enumerate(ages) if age is not None and age > limit]
            stale[group.name] = indexes
            if indexes:
                self._metrics.stale.labels(group.name).inc(len(indexes))


def _without_store(view: FeatureView, request: EnrichmentRequest) -> Vectors:
    values = [
        [request.shared_features.get(name, features.get(name)) for name in view.features]
        for features in request.passed_features
    ]
    times = {g.name: [None] * len(values) for g in view.groups if g.time is not None}
    return Vectors(view.features, values, {}, times)


def _key_missing(
    view: FeatureView, request: EnrichmentRequest, missing: Mapping[str, Sequence[int]]
) -> ServingError:
    group = next(group for group in view.groups if missing.get(group.name))
    index = missing[group.name][0]
    ids = request.ids[index]
    key = ", ".join(f"{name}={ids[name]!r}" for name in dict.fromkeys(group.keys.values()))
    return serving_error(
        "KEY_MISSING",
        404,
        f"the feature group {group.name!r} has no row for {key} (instance {index})",
    )
