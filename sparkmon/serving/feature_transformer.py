"""The KServe transformer: it turns entity ids into feature vectors for the predictor, and returns its answer."""

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
from sparkmon.serving.predictor_client import forwarded
from sparkmon.serving.predictor_request import Call, v1_body, v2_request
from sparkmon.serving.serving_error import MAX_REQUEST_ID_LENGTH
from sparkmon.serving.settings import EnrichmentSettings, PredictorSettings
from sparkmon.serving.transformer_runtime import TransformerRuntime
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import OnlineView

_JSON = {"content-type": "application/json"}
_HEAD_LENGTH = "inference-header-content-length"


class FeatureTransformer(Model):  # type: ignore[misc]  # kserve has no types
    """A kserve model that looks features up and calls a predictor. All handlers are async.

    ``preprocess`` turns the request into a :class:`Call`, ``predict`` calls the predictor and answers in the caller's
    protocol (a dict for V1, an ``InferResponse`` for V2 and gRPC), ``postprocess`` is the identity, to be overridden.

    Parameters
    ----------
    name : str
        The model's name, on this server and on the predictor.
    view : FeatureView
        The feature view to look up.
    open_view : callable
        Opens the view for reading; called once per process, inside its event loop. With several workers it must be
        picklable.
    enrichment : EnrichmentSettings
        Missing keys, a failing store, bounds.
    predictor : PredictorSettings
        Where the predictor is and what it gets.
    max_in_flight : int, default 256
        At most this many requests between arrival and answer; more are refused with 503.
    clock : callable
        The current time, for the ages of rows.
    registry : CollectorRegistry
        Where the metrics are registered.

    Raises
    ------
    ServingError
        From each handler, for a request that gets no prediction; its ``status`` is the HTTP status.
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
        self._runtime: TransformerRuntime | None = None

    def __getstate__(self) -> dict[str, Any]:
        # A worker of its own process has its own connections and metrics.
        return self.__dict__ | {"_runtime": None, "_registry": None}

    @property
    def runtime(self) -> TransformerRuntime:
        """Connections, circuits and metrics, made on first use, inside the event loop."""
        if self._runtime is None:
            self._runtime = TransformerRuntime(
                self.view,
                self._open_view(),
                self._enrichment,
                self._predictor,
                self._max_in_flight,
                self._clock,
                self._registry or REGISTRY,
            )
        return self._runtime

    @property
    def admission(self) -> Admission:
        """The bound on the requests in flight."""
        return self.runtime.admission

    async def is_ready(self) -> bool:
        """Return whether the store and, if ``check_health`` is set, the predictor are ready; cached for a second."""
        return await self.runtime.is_ready(self.name)

    async def warm_up(self) -> None:
        """Connect to the store before the first request."""
        await self.runtime.warm_up()

    async def close(self) -> None:
        """Close the connections to store and predictor."""
        if self._runtime is not None:
            await self._runtime.close()

    async def __call__(
        self,
        body: Any,  # noqa: ANN401 - as kserve decoded it
        headers: dict[str, str] | None = None,
        verb: InferenceVerb = InferenceVerb.PREDICT,
    ) -> Any:  # noqa: ANN401 - what kserve encodes
        """Run preprocess, predict and postprocess, or refuse the request if too many are in flight."""
        with self.runtime.admission.admit():
            return await super().__call__(body, headers, verb)

    def validate(self, payload: Call) -> Call:
        """Return the payload: the reader has checked what kserve would check."""
        return payload

    async def preprocess(
        self,
        payload: dict[str, Any] | bytes | InferRequest,
        headers: dict[str, str] | None = None,
    ) -> Call:
        """Read the ids of a request and look its vectors up."""
        runtime = self.runtime
        if runtime.predictor_circuit.is_open:
            raise runtime.refuse_predictor()
        if isinstance(payload, InferRequest):
            origin = payload
            parameters = to_http_parameters(payload.parameters) if payload.parameters else {}
            request = runtime.reader.read_v2(payload.inputs, parameters)
        else:
            origin = None
            if isinstance(payload, bytes):
                request = runtime.reader.read_bytes(payload)
            else:
                request = runtime.reader.read_v1(payload)
        enriched = await runtime.enricher.enrich(request)
        note = enriched.note.to_text() if self._enrichment.enrichment_notes else None
        return Call(request, enriched, note, origin)

    async def predict(
        self,
        payload: Call,
        headers: dict[str, str] | None = None,
        response_headers: dict[str, str] | None = None,
    ) -> dict[str, Any] | InferResponse:
        """Call the predictor, and return its answer in the caller's protocol."""
        runtime = self.runtime
        request_id = (headers or {}).get("x-request-id")
        if response_headers is not None and request_id and len(request_id) <= MAX_REQUEST_ID_LENGTH:
            response_headers["x-request-id"] = request_id
        if not runtime.predictor_circuit.permits():
            raise runtime.refuse_predictor()
        start = time.perf_counter()
        try:
            answer = await self._call(payload, forwarded(headers))
        except ServingError as error:
            runtime.count_predictor_error(error)
            raise
        finally:
            runtime.metrics.predictor_seconds.observe(time.perf_counter() - start)
        runtime.predictor_circuit.succeeded()
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

    async def _call(self, call: Call, headers: Mapping[str, str]) -> dict[str, Any] | InferResponse:
        runtime, predictor = self.runtime, self._predictor
        if predictor.protocol == "v1":
            path = f"/v1/models/{self.name}:predict"
            body, _ = await runtime.http.post(path, v1_body(call, predictor), {**_JSON, **headers})
            return read_v1(body)
        request = v2_request(call, self.name, predictor)
        if predictor.protocol == "grpc-v2":
            return InferResponse.from_grpc(await runtime.grpc.infer(request.to_grpc(), headers))
        body, head_length = request.to_rest()
        heads = {**_JSON, **headers}
        if head_length is None:
            body = orjson.dumps(body)
        else:
            heads |= {"content-type": "application/octet-stream", _HEAD_LENGTH: str(head_length)}
        answer, fields = await runtime.http.post(f"/v2/models/{self.name}/infer", body, heads)
        return read_v2(answer, fields.get(_HEAD_LENGTH))
