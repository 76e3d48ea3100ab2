"""The KServe transformer: entity ids come in, the predictor gets feature vectors, the caller its answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson
from kserve import InferRequest, InferResponse, Model
from kserve.model import InferenceVerb
from kserve.protocol.infer_type import to_http_parameters
from prometheus_client import REGISTRY, CollectorRegistry

from sparkmon.errors import ServingError
from sparkmon.serving.admission import Admission
from sparkmon.serving.answer import for_v1, for_v2, read_v1, read_v2
from sparkmon.serving.enricher import utc_now
from sparkmon.serving.front_door import LONGEST_ID
from sparkmon.serving.predictor_client import forwarded
from sparkmon.serving.predictor_request import Call, v1_body, v2_request
from sparkmon.serving.running import Running
from sparkmon.serving.settings import EnrichmentSettings, PredictorSettings
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import OnlineView

__all__ = ["FeatureTransformer"]

_JSON = {"content-type": "application/json"}
_HEAD_LENGTH = "inference-header-content-length"


class FeatureTransformer(Model):  # type: ignore[misc]  # kserve has no types
    """A kserve model that looks features up and asks a predictor. All of it is async.

    ``preprocess`` makes a :class:`Call` of the request, ``predict`` asks the predictor and answers in the caller's
    protocol (a dict for V1, an ``InferResponse`` for V2 and gRPC), ``postprocess`` is the identity, to be overridden.

    Parameters
    ----------
    name : str
        The model's name, on this server and on the predictor.
    view : FeatureView
        What is looked up.
    open_view : callable
        Opens the view for reading; called once per process, inside its event loop. A function that can be pickled
        where the server has several workers.
    enrichment : EnrichmentSettings
        Missing keys, a failing store, bounds.
    predictor : PredictorSettings
        Where the predictor is and what it takes.
    max_in_flight : int, default 256
        So many requests between their arrival and their answer; more are refused with 503.
    clock : callable
        The time that ages are counted to.
    registry : CollectorRegistry
        Where the metrics are found.

    Raises
    ------
    ServingError
        Each handler, for a request that gets no prediction; its ``status`` is the HTTP status.
    """

    def __init__(
        self,
        name: str,
        view: FeatureView,
        open_view: Callable[[], OnlineView],
        enrichment: EnrichmentSettings,
        predictor: PredictorSettings,
        *,
        max_in_flight: int = 256,
        clock: Callable[[], datetime] = utc_now,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        super().__init__(name, return_response_headers=True)
        self.ready = True
        self.view = view
        self._open_view = open_view
        self._enrichment = enrichment
        self._predictor = predictor
        self._max_in_flight = max_in_flight
        self._clock = clock
        self._registry = registry
        self._running: Running | None = None

    def __getstate__(self) -> dict[str, Any]:
        # A worker of its own process has its own connections and metrics.
        return self.__dict__ | {"_running": None, "_registry": None}

    @property
    def running(self) -> Running:
        """Connections, circuits and metrics, made at the first use, inside the event loop."""
        if self._running is None:
            self._running = Running(
                self.view,
                self._open_view(),
                self._enrichment,
                self._predictor,
                self._max_in_flight,
                self._clock,
                self._registry or REGISTRY,
            )
        return self._running

    @property
    def admission(self) -> Admission:
        """The bound on the requests in flight."""
        return self.running.admission

    async def is_ready(self) -> bool:
        """Tell whether the store answers and, where that is asked for, the predictor is ready; kept for a second."""
        return await self.running.is_ready(self.name)

    async def warm_up(self) -> None:
        """Connect to the store before the first request."""
        await self.running.warm_up()

    async def close(self) -> None:
        """Close the connections to store and predictor."""
        if self._running is not None:
            await self._running.close()

    async def __call__(
        self,
        body: Any,  # noqa: ANN401 - as kserve decoded it
        headers: dict[str, str] | None = None,
        verb: InferenceVerb = InferenceVerb.PREDICT,
    ) -> Any:  # noqa: ANN401 - what kserve encodes
        """Take a request through preprocess, predict and postprocess, or refuse it where too many are in flight."""
        with self.running.admission.admit():
            return await super().__call__(body, headers, verb)

    def validate(self, payload: Call) -> Call:
        """Return the payload: kserve's checks are of bodies, and these were checked when they were read."""
        return payload

    async def preprocess(
        self,
        payload: dict[str, Any] | bytes | InferRequest,
        headers: dict[str, str] | None = None,
    ) -> Call:
        """Read the ids of a request and look its vectors up."""
        running = self.running
        if running.predictor_circuit.is_open:
            raise running.refuse_predictor()
        if isinstance(payload, InferRequest):
            origin = payload
            parameters = to_http_parameters(payload.parameters) if payload.parameters else {}
            asked = running.reader.read_v2(payload.inputs, parameters)
        else:
            origin = None
            if isinstance(payload, bytes):
                asked = running.reader.read_bytes(payload)
            else:
                asked = running.reader.read_v1(payload)
        enriched = await running.enricher.enrich(asked)
        note = enriched.note.to_text() if self._enrichment.enrichment_notes else None
        return Call(asked, enriched, note, origin)

    async def predict(
        self,
        payload: Call,
        headers: dict[str, str] | None = None,
        response_headers: dict[str, str] | None = None,
    ) -> dict[str, Any] | InferResponse:
        """Ask the predictor, and return its answer in the caller's protocol."""
        running = self.running
        request_id = (headers or {}).get("x-request-id")
        if response_headers is not None and request_id and len(request_id) <= LONGEST_ID:
            response_headers["x-request-id"] = request_id
        if not running.predictor_circuit.permits():
            raise running.refuse_predictor()
        start = time.perf_counter()
        try:
            answer = await self._ask(payload, forwarded(headers))
        except ServingError as error:
            running.count_predictor_error(error)
            raise
        finally:
            running.metrics.predictor_seconds.observe(time.perf_counter() - start)
        running.predictor_circuit.succeeded()
        if payload.origin is None:
            return for_v1(answer)
        return for_v2(answer, payload.origin, self.name)

    async def postprocess(
        self,
        result: dict[str, Any] | InferResponse,
        headers: dict[str, str] | None = None,
        response_headers: dict[str, str] | None = None,
    ) -> dict[str, Any] | InferResponse:
        """Return the answer as it is."""
        return result

    async def _ask(self, call: Call, headers: Mapping[str, str]) -> dict[str, Any] | InferResponse:
        running, predictor = self.running, self._predictor
        if predictor.protocol == "v1":
            path = f"/v1/models/{self.name}:predict"
            body, _ = await running.http.post(path, v1_body(call, predictor), {**_JSON, **headers})
            return read_v1(body)
        request = v2_request(call, self.name, predictor)
        if predictor.protocol == "grpc-v2":
            return InferResponse.from_grpc(await running.grpc.infer(request.to_grpc(), headers))
        sent, head_length = request.to_rest()
        heads = {**_JSON, **headers}
        if head_length is None:
            sent = orjson.dumps(sent)
        else:
            heads |= {"content-type": "application/octet-stream", _HEAD_LENGTH: str(head_length)}
        body, said = await running.http.post(f"/v2/models/{self.name}/infer", sent, heads)
        return read_v2(body, said.get(_HEAD_LENGTH))
