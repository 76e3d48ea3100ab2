"""A feature logger for Hopsworks' client that sends the logged rows to the inference log.

It is for deployments that call their feature view themselves: no KServe agent sees their features, but
``FeatureView.log`` does.
"""

import itertools
import logging
import socket
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
import pyarrow as pa

from sparkmon.payload_logger.event_emitter import EventEmitter
from sparkmon.payload_logger.payload_event import payload_headers
from sparkmon.printable import printable
from sparkmon.protocol.attributes import parse_time
from sparkmon.protocol.enrichment import ENRICHMENT_PARAMETER, Enrichment
from sparkmon.records import Half

logger = logging.getLogger(__name__)

_PREDICTED = "predicted_"
_OWN = frozenset(
    {
        *("log_id", "log_time", "td_version", "model_name", "model_version", "request_id"),
        *("request_parameters", "request_row"),
        *("deployment_name", "deployment_version", "deployment_schema_id"),
    }
)
_ROWS = 1000
_MAX_BYTES = 16 * 2**20
_WRITING = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_PASSTHROUGH_DATETIME
_SCALARS = (bool, float, int, str)


class FeatureLogger:
    """Posts logged features and predictions as the CloudEvents of KServe's logger.

    Hopsworks' client takes it as ``FeatureView.init_serving(feature_logger=...)`` or ``init_feature_logger``, and then
    writes nothing to the logging feature group itself. It has the methods of ``hsfs.feature_logger.FeatureLogger``
    (5.2) and need not inherit from it.

    Parameters
    ----------
    emitter : EventEmitter
        Delivers the events without blocking; drops are counted.
    inference_service : str
        The model's name in the log; by default each row's ``model_name``.
    namespace : str
        The Kubernetes namespace of the deployment.
    source : str, optional
        ``ce-source``; by default the host name.
    exclude : sequence of str
        Columns that are no model inputs, such as the event time. Bookkeeping columns, inference helpers, and serving
        keys that are no features of the view are always excluded.
    clock : callable, optional
        Returns the time, timezone-aware.

    Notes
    -----
    A call emits a request event with named ``instances``, and a response event with the same id if there are
    predictions: ``predicted_<label>`` is sent as ``<label>``. Serving keys are sent as the entity ids of a
    transformer's note. Times become seconds since 1970, infinities and NaN null, and binary columns are omitted.
    ``request_id`` becomes the logged header ``X-Request-Id``, ``model_version`` the annotation ``model-version``.
    Logging raises nothing into the prediction: rows that cannot be written are logged as a warning.

    Both events have the time of the call (``log_batch``: the row's ``log_time``, else ``ce-time``), so they contain no
    latency; for this reason ``ce-recordedtime`` is not sent.

    Examples
    --------
    In a predictor::

        emitter = EventEmitter("http://sparkmon-receiver.monitoring/")
        view.init_serving(1, feature_logger=FeatureLogger(emitter, inference_service="fraud"))
        vector = view.get_feature_vector({"card_id": 7}, logging_data=True)
        view.log(vector, predictions=model.predict([vector]))
    """

    def __init__(
        self,
        emitter: EventEmitter,
        *,
        inference_service: str = "",
        namespace: str = "",
        source: str | None = None,
        exclude: Sequence[str] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._emitter = emitter
        self._inference_service = inference_service
        self._namespace = namespace
        self._source = source or socket.gethostname()
        self._excluded = _OWN | set(exclude)
        self._clock = clock
        self._view = ""
        self._keys: tuple[str, ...] = ()

    def init(self, feature_view: Any) -> None:  # noqa: ANN401 - hsfs may not be installed here
        """Read from a feature view which columns are no features; Hopsworks' client calls it."""
        features = {feature.name for feature in feature_view.features}
        self._view = f"{feature_view.name}:{feature_view.version}"
        self._keys = tuple(key.feature_name for key in feature_view.serving_keys if key.required)
        helpers = {*feature_view.inference_helper_columns, *feature_view.training_helper_columns}
        self._excluded |= helpers | (set(self._keys) - features)

    def log(
        self,
        untransformed_features: Sequence[Mapping[str, Any]] | None = None,
        transformed_features: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        """Emit rows of the logging feature group; Hopsworks' client calls it.

        Since Hopsworks 4.6 the first argument has all columns; if both are given, the second adds its columns to the
        first row by row.
        """
        nothing: Mapping[str, Any] = {}
        pairs = itertools.zip_longest(untransformed_features or (), transformed_features or (), fillvalue=nothing)
        now = self._clock()
        # The rows' own log_time is the host's local time without a zone.
        self._emit_all([{**plain, **transformed, "log_time": now} for plain, transformed in pairs])

    def log_batch(self, payload: bytes, attributes: Mapping[str, str], rows: int = 1) -> None:
        """Emit rows from Hopsworks' default predictor: one Arrow IPC stream of at most 16 MiB.

        ``attributes`` are its CloudEvent attributes, such as ``ce-hopsmodelname`` and ``ce-hopsrequestid``.
        """
        if len(payload) > _MAX_BYTES:
            message = "%d logged rows are %d bytes, more than the limit of %d"
            logger.warning(message, rows, len(payload), _MAX_BYTES)
            return
        try:
            with pa.ipc.open_stream(payload) as stream:
                batch = stream.read_all().to_pylist()
        except (pa.ArrowException, ValueError, OSError) as error:
            logger.warning("%d logged rows are no Arrow stream: %s", rows, _excerpt(error))
            return
        shared = {
            "model_name": attributes.get("ce-hopsmodelname"),
            "model_version": attributes.get("ce-hopsmodelversion"),
            "request_id": attributes.get("ce-hopsrequestid"),
            "log_time": parse_time(attributes.get("ce-time", "")) or self._clock(),
        }
        self._emit_all([row | {name: row.get(name) or shared[name] for name in shared} for row in batch])

    def close(self, timeout: float | None = None) -> bool:
        """Close the emitter; return whether it sent all events within ``timeout`` seconds, 30 by default."""
        return self._emitter.close(30.0 if timeout is None else timeout) == 0

    def _emit_all(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for call, group_rows in itertools.groupby(rows, _call):
            group = list(group_rows)
            for start in range(0, len(group), _ROWS):
                self._emit(call, group[start : start + _ROWS])

    def _emit(self, call: "_Call", rows: list[Mapping[str, Any]]) -> None:
        event_id = str(uuid.uuid4())
        for half, body in self._bodies(rows):
            try:
                data = orjson.dumps(body, default=_plain, option=_WRITING)
            except (TypeError, ValueError, RecursionError) as error:
                logger.warning("%d logged rows cannot be written as JSON: %s", len(rows), _excerpt(error))
                continue
            headers = payload_headers(
                *(half, event_id, _nanoseconds(call.time)),
                inference_service=self._inference_service or call.model,
                source=self._source,
                namespace=self._namespace,
                metadata={"X-Request-Id": [call.request_id]} if call.request_id else {},
                annotations={"model-version": call.version} if call.version else {},
            )
            self._emitter.emit(headers, data)

    def _bodies(self, rows: list[Mapping[str, Any]]) -> Iterator[tuple[Half, dict[str, Any]]]:
        features = [
            {
                name: value
                for name, value in row.items()
                if name not in self._excluded and not name.startswith(_PREDICTED) and not isinstance(value, bytes)
            }
            for row in rows
        ]
        request: dict[str, Any] = {"instances": features}
        ids = {name: [_scalar(row.get(name)) for row in rows] for name in self._keys}
        if any(value is not None for values in ids.values() for value in values):
            request["parameters"] = {ENRICHMENT_PARAMETER: Enrichment(self._view, ids).to_text()}
        yield "request", request
        predictions = [
            {name.removeprefix(_PREDICTED): value for name, value in row.items() if name.startswith(_PREDICTED)}
            for row in rows
        ]
        if any(value is not None for row in predictions for value in row.values()):
            yield "response", {"predictions": predictions}


class _Call(NamedTuple):
    """What the rows of one call share; each call has its own events."""

    request_id: str
    model: str
    version: str
    time: datetime


def _call(row: Mapping[str, Any]) -> _Call:
    moment = row["log_time"]
    version = _name(row.get("model_version"))
    return _Call(
        _name(row.get("request_id")),
        _name(row.get("model_name")),
        "" if version == "None" else version,  # Hopsworks' client writes no version so
        moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc),
    )


def _name(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _excerpt(error: Exception) -> str:
    """Quote an error for the log, made printable: it may quote a row."""
    return printable(str(error)[:200])


def _nanoseconds(moment: datetime) -> int:
    return (int(moment.replace(microsecond=0).timestamp()) * 10**6 + moment.microsecond) * 1000


def _scalar(value: Any) -> Any:  # noqa: ANN401 - a cell of any type
    """Convert an entity id to JSON: numbers, texts and booleans unchanged, others as text."""
    plain = value.item() if hasattr(value, "item") else value
    return plain if plain is None or type(plain) in _SCALARS else str(plain)


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Convert a cell that orjson does not know."""
    if isinstance(value, datetime):
        if value != value:  # pandas' NaT
            return None
        return (value if value.tzinfo else value.replace(tzinfo=timezone.utc)).timestamp()
    if isinstance(value, date):
        return datetime.combine(value, time(), timezone.utc).timestamp()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes) or type(value).__name__ == "NAType":  # inside a list; pandas' NA
        return None
    return value.item() if hasattr(value, "item") else str(value)
