"""HopsworksStore over the real client: login, views, references, and what goes wrong."""

import json
import pickle
import socket
import sys
from typing import Any

import pytest

from sparkmon.distributions.schema import REFERENCES
from sparkmon.errors import MissingExtraError, OptionError, ProfileError, StoreError
from sparkmon.store.hopsworks import HopsworksStore
from sparkmon.store.open import open_store
from tests.support.hopsworks_double import API_KEY, HopsworksDouble
from tests.support.hopsworks_metadata import PROJECT

HISTOGRAM = [{"value": f"{10 + 5 * i}.00 to {15 + 5 * i}.00", "count": 50, "ratio": 0.05} for i in range(20)]
AMOUNT: dict[str, Any] = {
    "featureName": "amount_mean_1h",
    "featureType": "Fractional",
    "count": 1000,
    "numNonNullValues": 1000,
    "numNullValues": 0,
    "min": 10.0,
    "max": 110.0,
    "mean": 60.0,
    "stddev": 28.9,
    "percentiles": [10.0 + each for each in range(1, 100)],
    "extendedStatistics": json.dumps({"histogram": HISTOGRAM}),
}
COUNTRY: dict[str, Any] = {
    "featureName": "country",
    "featureType": "String",
    "count": 1000,
    "numNonNullValues": 990,
    "numNullValues": 10,
    "extendedStatistics": json.dumps({"histogram": [{"value": "SE", "count": 600}, {"value": "DE", "count": 390}]}),
}
LABEL = AMOUNT | {"featureName": "fraud_label", "featureType": "Integral"}


def put(double: HopsworksDouble, version: int, *features: dict[str, Any], **more: object) -> None:
    """Give a training dataset statistics."""
    double.statistics["fraud_fv", 1, version] = {"featureDescriptiveStatistics": [*features]} | more


def test_a_view_is_read_with_its_order_keys_and_types(store: HopsworksStore) -> None:
    view = store.read_view("fraud_fv")
    assert view.features == (
        *("cc_num", "event_ts", "amount_mean_1h", "trx_count_1h", "country", "is_chip", "emb"),
        *("cust_age", "cust_credit_limit"),
    )
    assert (view.entity_ids, view.from_request) == (("cc_num", "cust_bank_id"), ())
    cards, customers = view.groups
    assert (cards.name, cards.keys, cards.time) == ("card_activity_1", {"cc_num": "cc_num"}, "event_ts")
    assert (cards.booleans, set(cards.avro)) == (("is_chip",), {"emb"})
    assert json.loads(cards.avro["emb"])[1]["type"] == "array"
    assert customers.name == "customer_profile_2"
    assert customers.keys == {"cc_num": "cc_num", "bank_id": "cust_bank_id"}
    assert customers.features == {"age": "cust_age", "credit_limit": "cust_credit_limit"}
    assert customers.time is None


def test_a_view_that_transforms_is_refused(store: HopsworksStore) -> None:
    with pytest.raises(StoreError, match=r"'fraud_fv' version 2 transforms its features \(scaled\)"):
        store.read_view("fraud_fv", 2)


def test_unknown_views_are_named_with_those_there_are(store: HopsworksStore) -> None:
    with pytest.raises(StoreError, match="no feature view 'fraud_fv' version 9; it has 1, 2"):
        store.read_view("fraud_fv", 9)
    with pytest.raises(StoreError, match="no feature view 'nope' version 1"):
        store.read_view("nope")


def test_references_are_the_latest_training_datasets(store: HopsworksStore, hopsworks: HopsworksDouble) -> None:
    put(hopsworks, 2, AMOUNT, COUNTRY, LABEL)
    put(hopsworks, 1, AMOUNT | {"mean": 1.0})
    table = store.read_references()
    assert table.schema == REFERENCES
    rows = table.to_pylist()
    assert [(row["model"], row["column_name"], row["data_type"], row["column_index"]) for row in rows] == [
        ("fraud_fv", "amount_mean_1h", "numeric", 2),
        ("fraud_fv", "country", "categorical", 4),
    ]
    assert {row["reference"] for row in rows} == {"training"}
    assert rows[0]["created_time"].timestamp() == 1_795_000_000
    assert rows[0]["profile"]["avg"] == 60.0
    (older,) = store.read_references("training:1").to_pylist()
    assert (older["profile"]["avg"], older["reference"]) == (1.0, "training:1")
    (schema,) = store.schemas()
    assert [feature.name for feature in schema.features] == ["amount_mean_1h", "country"]


def test_of_a_split_dataset_the_part_that_trained_is_taken(store: HopsworksStore, hopsworks: HopsworksDouble) -> None:
    test, train = ({"featureDescriptiveStatistics": [AMOUNT | {"mean": mean}]} for mean in (1.0, 2.0))
    hopsworks.statistics["fraud_fv", 1, 1] = {"splitStatistics": [{"name": "test", **test}, {"name": "train", **train}]}
    (row,) = store.read_references().to_pylist()
    assert row["profile"]["avg"] == 2.0
    hopsworks.statistics["fraud_fv", 1, 1] = {"splitStatistics": [{"name": "test", **test}]}
    with pytest.raises(ProfileError, match="split into 'test', none of them 'train'"):
        store.read_references()


def test_without_statistics_there_is_no_reference(store: HopsworksStore, hopsworks: HopsworksDouble) -> None:
    assert store.read_references().num_rows == 0
    assert store.read_references("training:7").num_rows == 0
    put(hopsworks, 1, AMOUNT)
    assert store.read_references("other").num_rows == 0
    with pytest.raises(OptionError, match="version='x'"):
        store.read_references("training:x")


def test_statistics_without_a_distribution_are_refused(store: HopsworksStore, hopsworks: HopsworksDouble) -> None:
    put(hopsworks, 1, AMOUNT | {"percentiles": None, "extendedStatistics": None})
    with pytest.raises(ProfileError, match=r"feature 'amount_mean_1h'.*StatisticsConfig\(kll=True\)"):
        store.read_references()


def test_a_view_may_serve_a_model_of_another_name(hopsworks: HopsworksDouble) -> None:
    put(hopsworks, 1, COUNTRY)
    at, pem = f"127.0.0.1:{hopsworks.port}", hopsworks.certificate
    url = f"hopsworks://{at}/{PROJECT}?views=fraud_fv:1&models=fraud_fv:fraud&trust_store={pem}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOPSWORKS_API_KEY", API_KEY)
        found = open_store(url)
        assert isinstance(found, HopsworksStore)
        (schema,) = found.schemas()
        assert (schema.model, schema.features[0].name) == ("fraud", "country")
        found.close()
    hopsworks.statistics.clear()


def test_a_wrong_key_is_an_error_that_does_not_print_it(hopsworks: HopsworksDouble) -> None:
    wrong = HopsworksStore(
        PROJECT, "127.0.0.1", hopsworks.port, api_key="wr0ng.key", trust_store=str(hopsworks.certificate)
    )
    with pytest.raises(StoreError, match=r"cannot log in to Hopsworks.*401") as caught:
        wrong.read_view("fraud_fv")
    assert "wr0ng" not in f"{caught.value}{wrong!r}{wrong.settings!r}"


def test_a_certificate_that_is_not_trusted_is_refused(hopsworks: HopsworksDouble) -> None:
    careful = HopsworksStore(PROJECT, "127.0.0.1", hopsworks.port, api_key=API_KEY)
    hopsworks.requests.clear()
    with pytest.raises(StoreError, match="cannot log in to Hopsworks"):
        careful.read_view("fraud_fv")
    assert hopsworks.requests == []


def test_verification_is_not_turned_off_by_the_environment(
    hopsworks: HopsworksDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOPSWORKS_HOSTNAME_VERIFICATION", "False")
    with pytest.raises(OptionError, match="HOPSWORKS_HOSTNAME_VERIFICATION='False'"):
        HopsworksStore(PROJECT, "127.0.0.1", hopsworks.port, api_key=API_KEY).read_view("fraud_fv")


def test_a_project_that_does_not_exist_is_an_error(hopsworks: HopsworksDouble) -> None:
    pem = str(hopsworks.certificate)
    other = HopsworksStore("elsewhere", "127.0.0.1", hopsworks.port, api_key=API_KEY, trust_store=pem)
    with pytest.raises(StoreError, match=r"cannot log in to Hopsworks as .*project='elsewhere'"):
        other.read_view("fraud_fv")


def test_a_server_that_is_down_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(StoreError, match=f"port={port}.*check host, port"):
        HopsworksStore(PROJECT, "127.0.0.1", port, api_key=API_KEY).read_view("fraud_fv")


def test_one_process_has_one_login(store: HopsworksStore, hopsworks: HopsworksDouble) -> None:
    store.read_view("fraud_fv")
    other = HopsworksStore("elsewhere", "127.0.0.1", hopsworks.port, api_key=API_KEY)
    with pytest.raises(StoreError, match="one login a process; close the first store"):
        other.read_view("fraud_fv")
    other.close()  # not its login
    hopsworks.requests.clear()
    store.read_view("fraud_fv")
    assert not any("getProjectInfo" in request for request in hopsworks.requests)
    store.close()
    with pytest.raises(StoreError, match="cannot log in"):
        other.read_view("fraud_fv")


def test_the_greeting_does_not_mix_with_results(store: HopsworksStore, capsys: pytest.CaptureFixture[str]) -> None:
    store.read_view("fraud_fv")
    store.close()
    assert capsys.readouterr().out == ""


def test_the_store_is_sent_as_settings(store: HopsworksStore) -> None:
    store.read_view("fraud_fv")
    copy = pickle.loads(pickle.dumps(store))
    assert (copy.settings, copy.views, copy.models) == (store.settings, store.views, store.models)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hopsworks", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'sparkmon-kserve\[hopsworks\]'"):
        HopsworksStore("p", "127.0.0.1", 9, api_key="k").read_view("v")


def test_settings_that_cannot_be_right_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOPSWORKS_API_KEY", raising=False)
    with pytest.raises(OptionError, match="'host' is missing"):
        HopsworksStore("p", api_key="k").read_view("v")
    with pytest.raises(OptionError, match=r"'api_key' is missing.*HOPSWORKS_API_KEY"):
        HopsworksStore("p", "h").read_view("v")
    with pytest.raises(OptionError, match="'project' is missing"):
        HopsworksStore("")
    with pytest.raises(OptionError, match="not among the views"):
        HopsworksStore("p", models={"v": "m"})
    with pytest.raises(OptionError, match="one view a model"):
        HopsworksStore("p", views=[("v", 1), ("v", 2)])
    with pytest.raises(OptionError, match="'project' is missing"):
        HopsworksStore.from_url("hopsworks://h:8181")


@pytest.mark.parametrize(
    "url",
    [
        "hopsworks://:s3cret@h/p",
        "https://h/p?key=s3cret",
        "hopsworks://h/p?api_key=s3cret",
        "hopsworks://h:99999/p",
        "hopsworks://h/p?views=fv",
        "hopsworks://h/p?views=fv:0",
        "hopsworks://h/p?views",
    ],
)
def test_urls_that_cannot_be_right_are_refused_without_repeating_a_key(url: str) -> None:
    with pytest.raises(OptionError) as caught:
        HopsworksStore.from_url(url)
    assert "s3cret" not in str(caught.value)
