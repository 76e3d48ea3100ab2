"""Vectors from ids: the values for missing rows and a failing store, their note and their counts."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from sparkmon.errors import ServingError, StoreError, StoreTimeoutError
from sparkmon.serving.enricher import Enriched, Enricher
from sparkmon.serving.metrics import TransformerMetrics
from sparkmon.serving.request_reader import RequestReader
from sparkmon.serving.settings import TransformerSettings
from sparkmon.store.online import Entry, OnlineView, Vectors
from tests.support.online_view import CARDS, MemoryView

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
ROWS: Any = {
    "cards_1": {
        (7,): {"mean_amount": 2.5, "country": "DK", "computed_time": NOW - timedelta(seconds=12.5)},
        (8,): {"mean_amount": None, "country": "SE", "computed_time": NOW - timedelta(hours=2)},
    }
}
BODY = {"instances": [{"card_id": 7, "amount": 1}, {"card_id": 9, "amount": 2}]}


class Setup:
    """An enricher over rows in memory."""

    def __init__(self, online: OnlineView | None = None, **settings: Any) -> None:  # noqa: ANN401 - as many kinds as settings
        self.online = online or MemoryView(CARDS, ROWS)
        self.settings = TransformerSettings(**settings)
        self.registry = CollectorRegistry()
        self.reader = RequestReader(CARDS, self.settings.defaults, 100)
        metrics = TransformerMetrics(self.registry)
        self.enricher = Enricher(self.online, self.settings, metrics, lambda: NOW)

    async def enrich(self, body: object = BODY) -> Enriched:
        return await self.enricher.enrich(self.reader.read_v1(body))

    def count(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"sparkmon_transformer_{name}", labels)


def test_a_missing_row_is_null_and_is_noted() -> None:
    setup = Setup()
    enriched = asyncio.run(setup.enrich())
    assert enriched.values == [[2.5, 1, "DK"], [None, 2, None]]
    assert enriched.note.keys == {"card_id": [7, 9]}
    assert enriched.note.missing == {"cards_1": [1]}
    assert enriched.note.age_s == {"cards_1": [12.5, None]}
    assert setup.count("missing_keys_total", group="cards_1") == 1
    assert setup.count("instances_total") == 2
    assert setup.count("feature_age_seconds_sum", group="cards_1") == 12.5


def test_defaults_fill_missing_rows_and_nothing_else() -> None:
    setup = Setup(on_missing="default", defaults={"mean_amount": 0.5})
    rows: list[dict[str, float]] = [{"card_id": i, "amount": 1} for i in (7, 8, 9)]
    rows.append({"card_id": 9, "amount": 1, "mean_amount": 3.0})
    enriched = asyncio.run(setup.enrich({"instances": rows}))
    assert [row[0] for row in enriched.values] == [2.5, None, 0.5, 3.0]
    assert [row[2] for row in enriched.values] == ["DK", "SE", None, None]
    assert enriched.note.stale == {"cards_1": [1]}
    assert setup.count("stale_rows_total", group="cards_1") == 1


def test_a_missing_row_can_be_an_error_that_names_group_and_key() -> None:
    with pytest.raises(ServingError, match=r"'cards_1' has no row for card_id=9 \(inst.* 1\)") as e:
        asyncio.run(Setup(on_missing="error").enrich())
    assert e.value.status == 404


def test_parameters_override_passed_features_which_override_the_stores() -> None:
    body = {
        "instances": [{"card_id": 7, "amount": 1, "country": "NO"}],
        "parameters": {"mean_amount": 9, "amount": 5, "other": "kept"},
    }
    setup = Setup()
    assert asyncio.run(setup.enrich(body)).values == [[9, 5, "NO"]]
    assert setup.reader.read_v1(body).parameters["other"] == "kept"


@pytest.mark.parametrize(
    ("policy", "values"), [("null", [[None, 1, None], [None, 2, None]]), ("default", [[0.5, 1, None], [0.5, 2, None]])]
)
def test_without_the_store_all_keys_count_as_missing(policy: str, values: list[list[Any]]) -> None:
    setup = Setup(on_store_failure=policy, defaults={"mean_amount": 0.5})
    assert isinstance(setup.online, MemoryView)
    setup.online.failure = StoreError("gone")
    enriched = asyncio.run(setup.enrich())
    assert enriched.values == values
    assert enriched.note.missing == {"cards_1": [0, 1]}
    assert enriched.note.age_s == {"cards_1": [None, None]}
    assert setup.count("store_failures_total", reason="failed") == 1
    assert setup.count("missing_keys_total", group="cards_1") is None


@pytest.mark.slow
def test_a_store_that_fails_is_503_and_is_read_again_after_a_pause() -> None:
    setup = Setup(circuit_failures=2, circuit_open_ms=1000)
    online = setup.online
    assert isinstance(online, MemoryView)

    async def story() -> list[int]:
        statuses = []
        online.failure = StoreTimeoutError("late")
        for _ in range(5):
            with pytest.raises(ServingError) as caught:
                await setup.enrich()
            statuses.append(caught.value.status)
        assert online.reads == 2
        online.failure = None
        await asyncio.sleep(1.1)
        assert (await setup.enrich()).values[0] == [2.5, 1, "DK"]
        assert (await setup.enrich()).values[0] == [2.5, 1, "DK"]
        return statuses

    assert asyncio.run(story()) == [503] * 5
    assert setup.count("store_failures_total", reason="timeout") == 2
    assert setup.count("store_failures_total", reason="circuit_open") == 3


class Slow(MemoryView):
    """Answers after a while, and tells how many reads were under way at most."""

    seconds = 0.02
    under_way = most = 0

    async def read(
        self, entries: Sequence[Entry], passed_features: Sequence[Entry] | None = None, parameters: Entry | None = None
    ) -> Vectors:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(self.seconds)
            return await super().read(entries, passed_features, parameters)
        finally:
            self.under_way -= 1


def test_lookups_take_turns_and_a_wait_is_no_time_out() -> None:
    slow = Slow(CARDS, ROWS)
    setup = Setup(slow, store_connections=3, store_timeout_ms=60)

    async def story() -> list[Enriched]:
        return await asyncio.gather(*(setup.enrich() for _ in range(30)))

    assert len(asyncio.run(story())) == 30
    assert slow.most == 3


def test_a_late_lookup_is_cancelled() -> None:
    slow = Slow(CARDS, ROWS)
    slow.seconds = 30.0
    setup = Setup(slow, store_timeout_ms=50)
    with pytest.raises(ServingError, match="within 50 ms"):
        asyncio.run(setup.enrich())
    assert slow.under_way == 0


def test_a_request_without_instances_reads_nothing() -> None:
    setup = Setup()
    assert asyncio.run(setup.enrich({"instances": []})).values == []
    assert isinstance(setup.online, MemoryView)
    assert setup.online.reads == 0
