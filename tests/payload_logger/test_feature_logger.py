"""What Hopsworks' own client logs through a feature view arrives at a receiver as KServe's events."""

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import hopsworks_common.connection
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hopsworks_common.core.feature_logging_arrow import _select_arrow_builder
from hsfs import engine
from hsfs.constructor.query import Query
from hsfs.core.feature_logging import FeatureLogging
from hsfs.engine.python import Engine
from hsfs.feature import Feature
from hsfs.feature_group import FeatureGroup
from hsfs.feature_logger import FeatureLogger as HopsworksLogger
from hsfs.feature_view import FeatureView
from hsfs.serving_key import ServingKey
from hsfs.training_dataset_feature import TrainingDatasetFeature

from sparkmon.payload_logger import EventEmitter, FeatureLogger
from sparkmon.protocol import from_http
from sparkmon.records import Event
from tests.support.decoding import Decoded, decode, decode_batch
from tests.support.receiver import Receiver
from tests.support.spools import log

NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
LOG = {
    **{"log_id": "string", "td_version": "int", "log_time": "timestamp", "model_name": "string"},
    **{"model_version": "string", "request_id": "string", "request_parameters": "string"},
    **{"card_id": "bigint", "amount": "double", "country": "string", "region": "string"},
    **{"seen": "timestamp", "predicted_is_fraud": "int"},
}


class Kept(EventEmitter):
    """Keeps what it should send: the wire is tested with the emitter."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9/")
        self.events: list[Event] = []

    def emit(self, headers: Mapping[str, str], body: bytes) -> bool:
        self.events.append(from_http(headers, body))
        return True


def group(number: int, name: str, columns: Mapping[str, str], **more: Any) -> FeatureGroup:  # noqa: ANN401
    features = [Feature(column, kind) for column, kind in columns.items()]
    return FeatureGroup(
        name=name, version=1, featurestore_id=67, featurestore_name="p_featurestore", id=number,
        features=features, **more,
    )  # fmt: skip


@pytest.fixture
def view(monkeypatch: pytest.MonkeyPatch) -> FeatureView:
    """Give a feature view as Hopsworks' back end would describe it, with logging enabled."""
    monkeypatch.setattr(hopsworks_common.connection, "_hsfs_engine_type", "python")
    monkeypatch.setattr(engine, "_engine", Engine())
    kinds = {"amount": "double", "country": "string", "is_fraud": "int", "region": "string"}
    cards = group(15, "cards", {"card_id": "bigint"} | kinds, primary_key=["card_id"])
    query = Query(cards, [Feature(name) for name in kinds], "p_featurestore", 67)
    made = FeatureView(
        name="fraud", query=query, featurestore_id=67, version=1, labels=["is_fraud"],
        inference_helper_columns=["region"], serving_keys=[ServingKey("card_id", 0, cards)],
        logging_enabled=True,
    )  # fmt: skip
    made.schema = [
        TrainingDatasetFeature(
            name, type=kind, index=index, label=name == "is_fraud",
            inference_helper_column=name == "region",
        )
        for index, (name, kind) in enumerate(kinds.items())
    ]  # fmt: skip
    made._feature_logging = FeatureLogging(1, None, group(20, "fraud_1_log", LOG))
    return made


@pytest.fixture
def kept() -> Kept:
    return Kept()


def logging_to(kept: Kept, **more: Any) -> FeatureLogger:  # noqa: ANN401
    return FeatureLogger(kept, source="pod", clock=lambda: NOON, **more)


def halves(kept: Kept) -> tuple[Event, Decoded, Event, Decoded]:
    request, response = kept.events
    assert (request.event_type, response.event_type) == ("request", "response")
    assert request.dead_letter is response.dead_letter is None
    return request, decode(request, has_notes=True), response, decode(response)


def test_a_feature_view_logs_through_it(view: FeatureView, kept: Kept) -> None:
    view.init_feature_logger(logging_to(kept, namespace="prod", exclude=["seen"]))
    view.log(
        untransformed_features=[[1.5, "SE"], [2.5, None]],
        predictions=[0, 1],
        serving_keys=[{"card_id": 7}, {"card_id": 2**60 + 1}],
        inference_helper_columns=[["north"], ["south"]],
        request_id="r1",
        training_dataset_version=1,
        model_name="fraud_model",
        model_version=3,
    )
    request, asked, response, told = halves(kept)
    for event in (request, response):
        assert (event.model, event.namespace, event.component) == ("fraud_model", "prod", "predictor")
        assert (event.source, event.event_time, event.recorded_time) == ("pod", NOON, None)
        assert event.metadata == {"X-Request-Id": ["r1"]}
        assert event.annotations == {"model-version": "3"}
        assert event.content_type == "application/json"
    assert request.event_id == response.event_id
    assert (asked.kind, asked.names, asked.rows) == (
        "v1_request", ("amount", "country"), [[1.5, "SE"], [2.5, None]],
    )  # fmt: skip
    assert asked.entities == [{"card_id": 7}, {"card_id": 2**60 + 1}]
    assert (told.kind, told.names, told.predictions) == ("v1_response", ("is_fraud",), [[0], [1]])


def test_a_data_frame_is_logged_and_no_version_is_none(view: FeatureView, kept: Kept) -> None:
    view.init_feature_logger(logging_to(kept, inference_service="fraud"))
    frame = pd.DataFrame({"amount": [1.5, np.nan], "country": ["SE", "NO"], "card_id": [7, 8]})
    view.log(frame, training_dataset_version=1)
    (request,) = kept.events
    assert (request.model, request.annotations, request.metadata) == ("fraud", {}, {})
    said = decode(request, has_notes=True)
    assert dict(zip(said.names, said.rows[1], strict=True))["amount"] is None
    assert [dict(zip(said.names, row, strict=True))["country"] for row in said.rows] == ["SE", "NO"]
    assert said.entities == [{"card_id": 7}, {"card_id": 8}]


def test_the_default_predictors_arrow_batches_are_logged(
    view: FeatureView, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOPSWORKS_INFERENCE_LOGGER_CAPABILITIES", "features-arrow-v1")
    mine = logging_to(kept, exclude=["seen"])
    view.init_feature_logger(mine)
    builder, why = _select_arrow_builder(view, 1, mine)
    assert (builder is not None, why) == (True, "features-arrow-v1")
    frame = pd.DataFrame({"amount": [1.5, None], "country": ["SE", "NO"]})
    keys = [{"card_id": 7}, {"card_id": 8}]
    batches = [
        builder._build_batch(frame, [0, 1], keys, request_id="r1", log_time=NOON.replace(hour=9)),
        builder._build_batch(frame[:1], [1], keys[:1], request_id="r2", log_time=NOON),
    ]
    attributes = {
        "ce-time": NOON.isoformat(),
        "ce-hopsmodelname": "fraud_model",
        "ce-hopsmodelversion": "3",
        "ce-hopsrequestid": "batch",
    }
    mine.log_batch(builder._serialize(builder._combine(batches)), attributes, rows=3)
    first, answer, second, _ = kept.events
    assert [event.metadata["X-Request-Id"] for event in (first, second)] == [["r1"], ["r2"]]
    assert [event.event_time.hour for event in (first, answer, second)] == [9, 9, 12]
    assert (first.model, first.annotations) == ("fraud_model", {"model-version": "3"})
    said = decode(first, has_notes=True)
    assert said.rows == [[1.5, "SE"], [None, "NO"]]
    assert said.entities == [{"card_id": 7}, {"card_id": 8}]
    assert decode(answer).predictions == [[0], [1]]

    mine.log_batch(builder._build(frame[:1], [1], keys[:1]), attributes)
    assert (kept.events[4].metadata, kept.events[4].event_time) == (
        {"X-Request-Id": ["batch"]}, NOON,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [1, 10])
def test_a_receiver_takes_what_is_logged(tmp_path: Path, batch_size: int) -> None:
    with Receiver(tmp_path) as receiver:
        emitter = EventEmitter(f"http://127.0.0.1:{receiver.port}/", batch_size=batch_size)
        mine = FeatureLogger(emitter, inference_service="kreditt-ø")
        rows = [{"amount": 1.5, "by": "Åse", "predicted_y": 1, "request_id": "Ø\n1"}] * 2
        mine.log(rows)
        assert mine.close(20)
        assert emitter.counts().delivered == 2
        spool = log(tmp_path)
        parts = spool.parts(spool.first(), spool.last(), 1 << 40)
        table = pa.Table.from_batches([found for part in parts for found in spool.read(part)])
    decoded = decode_batch(table.combine_chunks().to_batches()[0]).to_pylist()
    told = {(row["event_type"], row["instance"], row["model"], row["request_id"]) for row in decoded}
    assert told == {(half, at, "kreditt-ø", "Ø\n1") for half in ("request", "response") for at in (0, 1)}
    asked = [dict(row["features"]) for row in decoded if row["event_type"] == "request"]
    assert [(row["amount"]["number"], row["by"]["text"]) for row in asked] == [(1.5, "Åse")] * 2


def test_its_methods_are_those_of_hopsworks_own_logger() -> None:
    for name in ("init", "log", "log_batch"):
        theirs, mine = (getattr(each, name).__code__ for each in (HopsworksLogger, FeatureLogger))
        assert mine.co_varnames[: mine.co_argcount] == theirs.co_varnames[: theirs.co_argcount]


def test_every_value_is_written_as_json(kept: Kept) -> None:
    row = {
        "float32": np.float32(0.5),
        "int64": np.int64(2**62 + 1),
        "flag": np.bool_(True),
        "infinite": float("inf"),
        "absent": pd.NA,
        "never": pd.NaT,
        "naive": datetime(1970, 1, 1, 0, 1),
        "stamp": pd.Timestamp("1970-01-01T01:00", tz="Europe/Oslo"),
        "day": date(1970, 1, 2),
        "price": Decimal("1.25"),
        "vector": np.array([1.0, 2.0]),
        "raw": b"\x00",
        "log_id": "l1",
    }
    logging_to(kept).log([row], None)
    (event,) = kept.events
    (instance,) = json.loads(event.payload)["instances"]
    assert instance == {
        "float32": 0.5,
        "int64": 2**62 + 1,
        "flag": True,
        "infinite": None,
        "absent": None,
        "never": None,
        "naive": 60.0,
        "stamp": 0.0,
        "day": 86400.0,
        "price": 1.25,
        "vector": [1.0, 2.0],
    }
    assert decode(event).names[-2:] == ("vector_0", "vector_1")


def test_older_clients_pass_both_forms_apart_and_columns_can_be_excluded(kept: Kept) -> None:
    mine = logging_to(kept, exclude=["seen"])
    mine.log([{"amount": 10.0, "seen": 1}], [{"amount": 0.5, "amount_log": 2.3}])
    assert json.loads(kept.events[0].payload)["instances"] == [{"amount": 0.5, "amount_log": 2.3}]
    mine.log()
    assert len(kept.events) == 1


def test_many_rows_are_several_events(kept: Kept) -> None:
    logging_to(kept).log([{"amount": number, "predicted_y": 1} for number in range(2500)])
    assert [len(decode(event).rows) for event in kept.events[::2]] == [1000, 1000, 500]
    ids = [event.event_id for event in kept.events]
    assert ids[::2] == ids[1::2]
    assert len(set(ids)) == 3


BROKEN: list[Callable[[FeatureLogger], None]] = [
    lambda mine: mine.log([{"amount": 2**70}]),
    lambda mine: mine.log([{"name": "\ud800"}]),
    lambda mine: mine.log_batch(b"no arrow", {}, rows=1),
    lambda mine: mine.log_batch(bytes(16 * 2**20 + 1), {}, rows=1),
]


@pytest.mark.parametrize("call", BROKEN)
def test_rows_that_cannot_be_logged_are_a_warning_and_raise_nothing(
    kept: Kept, caplog: pytest.LogCaptureFixture, call: Callable[[FeatureLogger], None]
) -> None:
    with caplog.at_level(logging.WARNING):
        call(logging_to(kept))
    assert kept.events == []
    assert caplog.messages[0].startswith("1 logged rows ")


def test_close_returns_whether_all_events_were_sent() -> None:
    emitter = EventEmitter("http://127.0.0.1:9/", max_retry_s=60)
    mine = FeatureLogger(emitter)
    mine.log([{"amount": 1.0}])
    assert mine.close(0.05) is False
    assert FeatureLogger(EventEmitter("http://127.0.0.1:9/")).close() is True


@pytest.mark.slow
def test_it_needs_neither_spark_nor_hopsworks() -> None:
    code = "import sys, sparkmon.payload_logger; print({'pyspark', 'hsfs', 'hopsworks', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
