"""From entity ids to feature vectors: the store's rows, passed features, and defaults for missing rows."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, TypeVar

from sparkmon.errors import ServingError, StoreError, StoreTimeoutError
from sparkmon.protocol.enrichment import ENRICHMENT_PARAMETER, Enrichment
from sparkmon.serving.circuit import Circuit
from sparkmon.serving.metrics import TransformerMetrics
from sparkmon.serving.request_reader import EnrichmentRequest
from sparkmon.serving.serving_error import serving_error
from sparkmon.serving.settings import TransformerSettings
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import FeatureValue, OnlineView, Vectors

logger = logging.getLogger(__name__)

T = TypeVar("T")

_PING_S = 2.0
_STEPS = 10


@dataclass(frozen=True, slots=True)
class Enriched:
    """The vectors of one request, one list per instance in the order of ``features``, and their note."""

    request: EnrichmentRequest
    features: tuple[str, ...]
    values: list[list[FeatureValue]]
    note: Enrichment

    def parameters(self, settings: TransformerSettings) -> dict[str, Any]:
        """Return the caller's parameters, with the note for the predictor's log unless it is turned off."""
        note = {ENRICHMENT_PARAMETER: self.note.to_text()} if settings.enrichment_notes else {}
        return {**self.request.parameters, **note}

    def v1_body(self, settings: TransformerSettings) -> dict[str, Any]:
        """Return the V1 body: ``instances``, and the other members of the caller's body."""
        body: dict[str, Any] = {**self.request.members, "instances": self.values}
        if settings.predictor_layout == "columns":
            body["instances"] = [dict(zip(self.features, row, strict=True)) for row in self.values]
        parameters = self.parameters(settings)
        return body | ({"parameters": parameters} if parameters else {})


class Enricher:
    """Looks vectors up, and applies the settings for missing keys and a failing store."""

    def __init__(
        self,
        online: OnlineView,
        settings: TransformerSettings,
        metrics: TransformerMetrics,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._online = online
        self._view = online.view
        self._settings = settings
        self._metrics = metrics
        self._clock = clock
        self._circuit = Circuit(settings.circuit_failures, settings.circuit_open_ms / 1e3)
        # Waiting here does not count towards the time-out; few concurrent lookups keep each of them short.
        self._lookups = asyncio.Semaphore(settings.store_connections)

    async def enrich(self, request: EnrichmentRequest) -> Enriched:
        """Return the vectors of a request.

        Raises ServingError ``KEY_MISSING``, 404, and ``STORE_FAILED``, 503, if the settings say ``error``.
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
            self._metrics.instances.inc(len(request.ids))
            for name, indexes_of_group in missing.items():
                self._metrics.missing.labels(name).inc(len(indexes_of_group))
            if policy == "error" and missing:
                raise _key_missing(self._view, request, missing)
        if policy == "default":
            self._fill(vectors, missing)
        return Enriched(request, vectors.features, vectors.values, self._note(request, vectors, missing))

    async def is_ready(self) -> bool:
        """Return whether the store answers."""
        try:
            await fair_timeout(_PING_S, self._online.ping())
        except StoreError:
            return False
        return True

    async def warm_up(self) -> None:
        """Open the store's connections, so that the first requests do not wait for them."""
        pings = [self.is_ready() for _ in range(self._settings.store_connections)]
        if not all(await asyncio.gather(*pings)):
            logger.warning("the feature store does not answer; the transformer is not ready")

    async def close(self) -> None:
        """Close the view."""
        await self._online.close()

    async def _read(self, request: EnrichmentRequest) -> Vectors | None:
        """Read the store; None if it failed and the settings say to continue without it."""
        if not request.ids:
            return Vectors(self._view.features, [], {}, {})
        if not self._circuit.is_open:
            async with self._lookups:
                # The circuit may have opened during the wait.
                if self._circuit.permits():
                    return await self._look_up(request)
        self._count_failure("circuit_open", "the feature store has failed and is not called for a while")
        return None

    async def _look_up(self, request: EnrichmentRequest) -> Vectors | None:
        shared = request.shared_features or None
        reading = self._online.read(request.ids, request.passed_features, shared)
        try:
            with self._metrics.lookup_seconds.time():
                vectors = await fair_timeout(self._settings.store_timeout_ms / 1e3, reading)
        except StoreError as error:
            self._circuit.failed()
            self._count_failure("timeout" if isinstance(error, StoreTimeoutError) else "failed", str(error))
            return None
        self._circuit.succeeded()
        return vectors

    def _count_failure(self, reason: str, detail: str) -> None:
        self._metrics.store_failures.labels(reason).inc()
        if self._settings.on_store_failure == "error":
            raise serving_error("STORE_FAILED", 503, detail)

    def _fill(self, vectors: Vectors, missing: Mapping[str, Sequence[int]]) -> None:
        """Put the defaults of a group's features into the rows that miss the group."""
        defaults = self._settings.defaults
        for group in self._view.groups:
            stored = set(group.features.values())
            for index in missing.get(group.name, ()):
                row = vectors.values[index]
                for place, name in enumerate(vectors.features):
                    if name in stored and row[place] is None:
                        row[place] = defaults.get(name)

    def _note(self, request: EnrichmentRequest, vectors: Vectors, missing: Mapping[str, Sequence[int]]) -> Enrichment:
        keys = {name: [ids[name] for ids in request.ids] for name in self._view.entity_ids}
        stale: dict[str, list[int]] = {}
        ages: dict[str, list[float | None]] = {}
        now = self._clock()
        for group in self._view.groups:
            if group.time is None or group.name not in vectors.times:
                continue
            times = vectors.times[group.name]
            rows = [None if each is None else (now - each).total_seconds() for each in times]
            ages[group.name] = rows
            limit = group.max_age_s
            if limit is not None:
                old = [index for index, age in enumerate(rows) if age is not None and age > limit]
                stale[group.name] = old
                self._metrics.stale.labels(group.name).inc(len(old))
            observe = self._metrics.age_seconds.labels(group.name).observe
            for age in rows:
                if age is not None:
                    observe(age)
        # Groups without missing rows are listed too: a rate needs the requests in which none was missing.
        indexes = {group.name: list(missing.get(group.name, ())) for group in self._view.groups}
        return Enrichment(f"{self._view.name}:{self._view.version}", keys, indexes, stale, ages)


def _without_store(view: FeatureView, request: EnrichmentRequest) -> Vectors:
    values = [
        [request.shared_features.get(name, features.get(name)) for name in view.features]
        for features in request.passed_features
    ]
    times = {g.name: [None] * len(values) for g in view.groups if g.time is not None}
    return Vectors(view.features, values, {}, times)


def _key_missing(view: FeatureView, request: EnrichmentRequest, missing: Mapping[str, Sequence[int]]) -> ServingError:
    group = next(group for group in view.groups if missing.get(group.name))
    index = missing[group.name][0]
    ids = request.ids[index]
    key = ", ".join(f"{name}={ids[name]!r}" for name in dict.fromkeys(group.keys.values()))
    reason = f"the feature group {group.name!r} has no row for {key} (instance {index})"
    return serving_error("KEY_MISSING", 404, reason)


async def fair_timeout(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return the result of ``work``, or cancel it after a time-out and raise StoreTimeoutError.

    The time is counted in ten steps, each scheduled when the event loop has run the one before: in an idle loop they
    take ``seconds``, in a busy loop ten iterations. A lookup takes a few iterations even if the store answers at once,
    so that by the clock alone a burst of requests would look like a store that is down.

    >>> asyncio.run(fair_timeout(0.01, asyncio.sleep(0, "done")))
    'done'
    >>> asyncio.run(fair_timeout(0.01, asyncio.sleep(5)))
    Traceback (most recent call last):
    ...
    sparkmon.errors.StoreTimeoutError: [SPARKMON_STORE_TIMEOUT] the feature store did not answer within 10 ms
    """
    task = asyncio.create_task(work)
    try:
        for _ in range(_STEPS):
            await asyncio.wait((task,), timeout=seconds / _STEPS)
            if task.done():
                return task.result()
    finally:
        task.cancel()
    raise StoreTimeoutError(f"the feature store did not answer within {seconds * 1e3:g} ms")
