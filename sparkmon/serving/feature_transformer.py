"""The KServe transformer: it turns entity ids into feature vectors for the predictor, and returns its answer."""

import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

from kserve import InferRequest, InferResponse, Model
from kserve.model import InferenceVerb
from kserve.protocol.infer_type import to_http_parameters

from sparkmon.inbound import ConnectionLimits, Connections
from sparkmon.serving.admission import Admission
from sparkmon.serving.answer import for_v1, for_v2
from sparkmon.serving.enricher import Enriched, Enricher
from sparkmon.serving.metrics import TransformerMetrics
from sparkmon.serving.predictor import Predictor
from sparkmon.serving.request_reader import RequestReader, count_instances
from sparkmon.serving.serving_error import MAX_REQUEST_ID_LENGTH
from sparkmon.serving.settings import TransformerSettings
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import OnlineView

INSTANCES_EACH = 100
"""So many instances of each request may be in flight, if all are."""
_READY_S = 1.0
_PER_PROCESS = {"admission", "metrics", "_enricher", "_predictor"}


class FeatureTransformer(Model):  # type: ignore[misc]  # kserve has no types
    """A kserve model that looks features up and calls a predictor. All handlers are async.

    ``preprocess`` looks the request's vectors up, ``predict`` calls the predictor and answers in the caller's protocol
    (a dict for V1, an ``InferResponse`` for V2 and gRPC), ``postprocess`` is the identity, to be overridden. Each
    raises ServingError for a request that gets no prediction; its ``status`` is the HTTP status.

    ``name`` is the model's, here and on the predictor. ``open_view`` opens the view for reading: once per process,
    inside its event loop; with several workers it must be picklable.
    """

    def __init__(
        self, name: str, view: FeatureView, open_view: Callable[[], OnlineView], settings: TransformerSettings
    ) -> None:
        super().__init__(name, return_response_headers=True)
        self.ready = True
        self._open_view = open_view
        self._settings = settings
        self.reader = RequestReader(view, settings.defaults, settings.max_instances)
        self._is_ready = False
        self._ready_until = 0.0

    def __getstate__(self) -> dict[str, Any]:
        # A worker of its own process has its own connections and metrics.
        return {name: value for name, value in self.__dict__.items() if name not in _PER_PROCESS}

    @cached_property
    def metrics(self) -> TransformerMetrics:
        """The metrics of this process."""
        return TransformerMetrics()

    def connections(self) -> Connections:
        """Return the bounds of the connections of this process."""
        limits = ConnectionLimits(self._settings.max_connections, request_seconds=self._settings.request_seconds)
        connections = Connections(limits, self.count_refusal)
        self.metrics.connections.set_function(lambda: len(connections.open))
        return connections

    def count_refusal(self, reason: str) -> None:
        """Count a request that is refused before it is whole."""
        self.metrics.refused.labels(reason).inc()

    @cached_property
    def admission(self) -> Admission:
        """The bound on the requests in flight."""
        settings = self._settings
        most = max(2 * settings.max_instances, INSTANCES_EACH * settings.max_in_flight)
        admission = Admission(settings.max_in_flight, self.metrics.shed.inc, max_instances=most)
        self.metrics.in_flight.set_function(lambda: admission.in_flight)
        return admission

    @cached_property
    def _enricher(self) -> Enricher:
        return Enricher(self._open_view(), self._settings, self.metrics)

    @cached_property
    def _predictor(self) -> Predictor:
        return Predictor(self.name, self._settings, self.metrics)

    async def is_ready(self) -> bool:
        """Return whether the store and, if its health is checked, the predictor are ready; cached for a second."""
        if time.monotonic() >= self._ready_until:
            self._is_ready = await self._enricher.is_ready() and await self._predictor.is_ready()
            self._ready_until = time.monotonic() + _READY_S
        return self._is_ready

    async def warm_up(self) -> None:
        """Connect to the store before the first request."""
        await self._enricher.warm_up()

    async def close(self) -> None:
        """Close the connections to store and predictor."""
        await self._enricher.close()
        await self._predictor.close()

    async def __call__(
        self,
        body: Any,  # noqa: ANN401 - as kserve decoded it
        headers: dict[str, str] | None = None,
        verb: InferenceVerb = InferenceVerb.PREDICT,
    ) -> Any:  # noqa: ANN401 - what kserve encodes
        """Run preprocess, predict and postprocess, or refuse the request if too many are in flight."""
        with self.admission.admit(count_instances(body)):
            return await super().__call__(body, headers, verb)

    def validate(self, payload: Enriched) -> Enriched:
        """Return the payload: the reader has checked what kserve would check."""
        return payload

    async def preprocess(
        self, payload: dict[str, Any] | bytes | InferRequest, headers: dict[str, str] | None = None
    ) -> Enriched:
        """Read the ids of a request and look its vectors up."""
        self._predictor.check()
        if isinstance(payload, InferRequest):
            parameters = to_http_parameters(payload.parameters) if payload.parameters else {}
            request = self.reader.read_v2(payload, parameters)
        else:
            request = self.reader.read_v1(payload)
        return await self._enricher.enrich(request)

    async def predict(
        self, payload: Enriched, headers: dict[str, str] | None = None, response_headers: dict[str, str] | None = None
    ) -> dict[str, Any] | InferResponse:
        """Call the predictor, and return its answer in the caller's protocol."""
        request_id = (headers or {}).get("x-request-id")
        if response_headers is not None and request_id and len(request_id) <= MAX_REQUEST_ID_LENGTH:
            response_headers["x-request-id"] = request_id
        answer = await self._predictor.call(payload, headers or {})
        origin = payload.request.origin
        return for_v1(answer) if origin is None else for_v2(answer, origin, self.name)
