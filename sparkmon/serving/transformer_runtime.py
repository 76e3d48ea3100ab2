"""The state of a running transformer: connections, circuits, metrics and readiness."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime

from prometheus_client import CollectorRegistry

from sparkmon.errors import ServingError, StoreError
from sparkmon.serving.admission import Admission
from sparkmon.serving.circuit import Circuit
from sparkmon.serving.enricher import Enricher
from sparkmon.serving.fair_timeout import fair_timeout
from sparkmon.serving.grpc_predictor_client import GrpcPredictorClient
from sparkmon.serving.metrics import TransformerMetrics
from sparkmon.serving.predictor_client import PredictorClient
from sparkmon.serving.request_reader import RequestReader
from sparkmon.serving.serving_error import serving_error
from sparkmon.serving.settings import EnrichmentSettings, PredictorSettings
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import OnlineView

logger = logging.getLogger(__name__)

_READY_S = 1.0
_PING_S = 2.0
_FAILURES = {"PREDICTOR_UNREACHABLE": "unreachable", "PREDICTOR_TIMEOUT": "timeout"}


class TransformerRuntime:
    """The parts of one transformer in one process. Belongs to one event loop; its parameters are the transformer's."""

    def __init__(
        self,
        view: FeatureView,
        online: OnlineView,
        enrichment: EnrichmentSettings,
        predictor: PredictorSettings,
        max_in_flight: int,
        clock: Callable[[], datetime],
        registry: CollectorRegistry,
    ) -> None:
        self.metrics = TransformerMetrics(registry)
        self.admission = Admission(max_in_flight, self.metrics.shed.inc)
        self.metrics.in_flight.set_function(lambda: self.admission.in_flight)
        self.reader = RequestReader(view, enrichment.defaults, enrichment.max_instances)
        self.enricher = Enricher(online, enrichment, self.metrics, clock)
        self.predictor_circuit = Circuit(
            enrichment.circuit_failures, enrichment.circuit_open_ms / 1e3
        )
        self.http = PredictorClient(predictor)
        self.grpc = GrpcPredictorClient(predictor)
        self._online = online
        self._connections = enrichment.store_connections
        self._predictor = predictor
        self._ready = False
        self._ready_until = 0.0

    def refuse_predictor(self) -> ServingError:
        """Count a request that is refused because the predictor's circuit is open, and return its error."""
        self.metrics.predictor_failures.labels("circuit_open").inc()
        return serving_error(
            "PREDICTOR_UNREACHABLE",
            503,
            f"the predictor {self._predictor.host} has failed and is not called for a while",
            retry_after_s=1,
        )

    def count_predictor_error(self, error: ServingError) -> None:
        """Count a call that the predictor did not answer; a refusal is an answer."""
        reason = _FAILURES.get(error.condition)
        if reason is None:
            self.predictor_circuit.succeeded()
            return
        self.metrics.predictor_failures.labels(reason).inc()
        self.predictor_circuit.failed()

    async def is_ready(self, model_name: str) -> bool:
        """Return whether the store answers and, if ``check_health`` is set, the predictor is ready."""
        if time.monotonic() >= self._ready_until:
            self._ready = await self._store_answers() and await self._predictor_is_ready(model_name)
            self._ready_until = time.monotonic() + _READY_S
        return self._ready

    async def warm_up(self) -> None:
        """Open the store's connections, so that the first requests do not wait for them."""
        pings = [self._store_answers() for _ in range(self._connections)]
        if not all(await asyncio.gather(*pings)):
            logger.warning("the feature store does not answer; the transformer is not ready")

    async def close(self) -> None:
        """Close the connections to store and predictor."""
        await self._online.close()
        await self.http.close()
        await self.grpc.close()

    async def _store_answers(self) -> bool:
        try:
            await fair_timeout(_PING_S, self._online.ping())
        except StoreError:
            return False
        return True

    async def _predictor_is_ready(self, model_name: str) -> bool:
        if not self._predictor.check_health:
            return True
        if self._predictor.protocol == "grpc-v2":
            return await self.grpc.is_ready()
        path = {
            "v1": f"/v1/models/{model_name}",
            "v2": f"/v2/models/{model_name}/ready",
        }
        return await self.http.is_ready(path[self._predictor.protocol])
