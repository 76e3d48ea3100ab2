"""Feature services of a real Feast: a local registry, rows materialized from Parquet into its SQLite store."""

import asyncio
import json
import pickle
import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from sparkmon.compat import to_arrow
from sparkmon.errors import OptionError, StoreError, StoreTimeoutError
from sparkmon.profiles import reference_of
from sparkmon.store import FeastStore, FeatureView, GroupInView, Vectors, open_online_store, open_store
from sparkmon.store.feast import import_feast
from tests.support.serving import start_transformer
from tests.support.source import ROOT

pytestmark = pytest.mark.slow

CONFIGURATION = """
project: cards
provider: local
registry: registry.db
online_store: {type: sqlite, path: online.db}
offline_store: {type: file}
entity_key_serialization_version: 3
"""
NOW = datetime.now(timezone.utc).replace(microsecond=0)
CARDS: dict[str, list[Any]] = {
    "card_id": [0, 7, 8, 9],
    "mean_amount": [1.0, 41.5, 3.25, None],
    "event_timestamp": [NOW, NOW - timedelta(hours=1), NOW - timedelta(days=3), NOW],
}
SHOPS: dict[str, list[Any]] = {
    "shop": ["a", "7"],
    "zone": [1, 2],
    "risk": [2, 3],
    "open": [True, False],
    "made": [NOW, NOW],
}
VIEW = FeatureView(
    "fraud",
    1,
    ("mean_amount", "risk", "open"),
    (
        GroupInView("cards", {"card_id": "card_id"}, {"mean_amount": "mean_amount"}, "event_timestamp", 86_400.0),
        GroupInView("shops", {"shop": "shop", "zone": "zone"}, {"risk": "risk", "open": "open"}, "event_timestamp"),
    ),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FeastStore:
    place = tmp_path_factory.mktemp("feature repo")
    (place / "feature_store.yaml").write_text(CONFIGURATION)
    feast = import_feast()
    types, service = feast.types, feast.FeatureService
    sources = []
    for name, rows, time in [("cards", CARDS, "event_timestamp"), ("shops", SHOPS, "made")]:
        pd.DataFrame(rows).to_parquet(place / f"{name}.parquet")
        sources.append(feast.FileSource(path=str(place / f"{name}.parquet"), timestamp_field=time))
    card = feast.Entity(name="card", join_keys=["card_id"], value_type=feast.ValueType.INT64)
    shop = feast.Entity(name="shop", value_type=feast.ValueType.STRING)
    zone = feast.Entity(name="zone", value_type=feast.ValueType.INT32)
    kinds = {"card_id": types.Int64, "mean_amount": types.Float64}
    kinds |= {"shop": types.String, "zone": types.Int32, "risk": types.Int64, "open": types.Bool}
    fields = [feast.Field(name=name, dtype=kind) for name, kind in kinds.items()]
    day = timedelta(days=1)
    cards = feast.FeatureView(name="cards", entities=[card], schema=fields[:2], ttl=day, source=sources[0])
    shops = feast.FeatureView(name="shops", entities=[shop, zone], schema=fields[2:], ttl=0 * day, source=sources[1])
    both = service(name="fraud", features=[cards, shops[["risk", "open"]]])
    renamed = service(name="renamed", features=[cards.with_name("accounts")])
    client = feast.FeatureStore(repo_path=str(place))
    client.apply([card, shop, zone, cards, shops, both, renamed])
    client.materialize(NOW - timedelta(days=10), NOW + timedelta(minutes=1))
    return open_online_store(f"feast://{str(place).replace(' ', '%20')}")  # type: ignore[return-value]


def read(store: FeastStore, *entries: dict[str, Any], **limits: Any) -> Vectors:  # noqa: ANN401
    async def run() -> Vectors:
        async with store.open_view(store.read_view("fraud"), **limits) as view:
            await view.ping()
            return await view.read(entries)

    return asyncio.run(run())


def test_feast_is_imported_without_a_trace_in_the_environment() -> None:
    code = "import os; before = dict(os.environ); from sparkmon.store.feast import import_feast; import_feast(); "
    code += "from prometheus_client.values import ValueClass; print(dict(os.environ) == before, ValueClass.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "True MutexValue\n"


def test_a_feature_service_is_a_view(store: FeastStore) -> None:
    assert store.read_view("fraud") == VIEW


def test_vectors_are_the_rows_that_feast_has(store: FeastStore) -> None:
    vectors = read(
        store,
        {"card_id": 7, "shop": "a", "zone": 1},
        {"card_id": "0", "shop": 7, "zone": 2.0},
        {"card_id": 8, "shop": "a", "zone": 2},
        {"card_id": 9, "shop": "a", "zone": 2**31},
        {"card_id": "seven", "shop": None},
    )
    assert vectors.features == ("mean_amount", "risk", "open")
    assert vectors.values == [
        [41.5, 2, True], [1.0, 3, False], [3.25, None, None], [None, None, None], [None, None, None],
    ]  # fmt: skip
    assert vectors.missing == {"cards": [4], "shops": [2, 3, 4]}  # the row of card 9 is there; its value is null
    assert vectors.times["cards"] == [*(CARDS["event_timestamp"][at] for at in (1, 0, 2, 3)), None]


class _Echo(BaseHTTPRequestHandler):
    """A model whose prediction is its input."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = json.dumps({"predictions": asked["instances"]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


def test_the_transformer_serves_from_feast(store: FeastStore) -> None:
    url = f"feast://{str(store.repository).replace(' ', '%20')}"
    ids = [{"card_id": 7, "shop": "a", "zone": 1}, {"card_id": 0, "shop": "7", "zone": 2}]
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as model:
        threading.Thread(target=model.serve_forever, daemon=True).start()
        with start_transformer(url, f"127.0.0.1:{model.server_port}") as transformer:
            answer = transformer.post("/v1/models/fraud:predict", {"instances": ids})
        model.shutdown()
    assert (answer.status, json.loads(answer.body)) == (200, {"predictions": [[41.5, 2, True], [1.0, 3, False]]})


def test_many_readers_share_the_threads(store: FeastStore) -> None:
    async def run() -> list[Vectors]:
        async with store.open_view(VIEW, timeout_s=30, connections=4) as view:
            entries: list[dict[str, Any]] = [{"card_id": at % 10, "shop": "a", "zone": 1} for at in range(40)]
            return await asyncio.gather(*(view.read([entry]) for entry in entries))

    amounts = [vectors.values[0][0] for vectors in asyncio.run(run())]
    assert amounts == [{0: 1.0, 7: 41.5, 8: 3.25}.get(at % 10) for at in range(40)]


def test_what_feast_cannot_do_is_a_store_error(store: FeastStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no feature service flights:1; it has fraud, renamed"):
        store.read_view("flights")
    with pytest.raises(StoreError, match="no feature service fraud:2"):
        store.read_view("fraud", 2)
    with pytest.raises(StoreError, match="renames 'cards' or its keys"):
        store.read_view("renamed")
    with pytest.raises(StoreTimeoutError, match="did not answer for 'fraud' within 1e-06 s"):
        read(store, {"card_id": 7}, timeout_s=1e-6)
    with pytest.raises(StoreError, match=r"is read-only; .*feast materialize"):
        store.write_rows("cards", ["card_id"], [{"card_id": 1}])
    (tmp_path / "feature_store.yaml").write_text("project: [")
    with pytest.raises(StoreError, match=r"cannot read FeastStore.*does feast work in its directory"):
        FeastStore(tmp_path).read_view("fraud")


@pytest.mark.filterwarnings("ignore:.*dataset.* is an experimental feature:RuntimeWarning")
def test_a_dataset_of_feast_makes_a_reference(store: FeastStore, spark: SparkSession) -> None:
    client = import_feast().FeatureStore(repo_path=str(store.repository))
    entities = {"card_id": [7, 0], "shop": ["a", "7"], "zone": [1, 2], "event_timestamp": [NOW, NOW]}
    rows = client.get_historical_features(pd.DataFrame(entities), features=client.get_feature_service("fraud"))
    from feast.infra.offline_stores import file_source  # which import_feast has loaded

    storage = file_source.SavedDatasetFileStorage(str(store.repository / "training.parquet"))
    client.create_saved_dataset(rows, "fraud_training", storage)
    training = client.get_saved_dataset("fraud_training")
    reference = reference_of(
        spark.createDataFrame(training.to_df()), "fraud", exclude=training.join_keys, time="event_timestamp"
    )
    whole = [row for row in to_arrow(reference).to_pylist() if row["block_start"] is None]
    means = {row["column_name"]: row["profile"]["avg"] for row in whole if row["data_type"] == "numeric"}
    assert means == {"mean_amount": 21.25, "risk": 2.5}
    assert {row["column_name"] for row in whole} == {"mean_amount", "risk", "open"}


def test_the_store_can_be_sent_and_an_open_view_cannot(store: FeastStore) -> None:
    assert pickle.loads(pickle.dumps(store)).read_view("fraud") == VIEW
    with pytest.raises(StoreError, match="cannot be sent elsewhere"):
        pickle.dumps(store.open_view(VIEW))


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("feast:///nowhere", r"store='/nowhere'; expected a directory with a feature_store\.yaml"),
        ("feast://host/directory", "expected feast:///directory"),
        ("feast:///a?b=c", "expected feast:///directory"),
    ],
)
def test_a_place_that_is_no_repository_is_refused_before_feast_is_loaded(place: str, expected: str) -> None:
    with pytest.raises(OptionError, match=expected):
        open_online_store(place)


def test_feast_is_no_store_of_references() -> None:
    with pytest.raises(OptionError, match="a store of references, which Feast is not"):
        open_store("feast:///repository")
