"""Hopsworks' class over a real store, called as its serving script calls it."""

import asyncio
import json

import pytest

from sparkmon.errors import OptionError, ServingError
from sparkmon.serving.hopsworks_transformer import Transformer
from tests.serving.conftest import World


@pytest.fixture
def deployed(world: World, monkeypatch: pytest.MonkeyPatch) -> Transformer:
    monkeypatch.setenv("SPARKMON_STORE", world.store)
    monkeypatch.setenv("DEPLOYMENT_NAME", "fraud")
    return Transformer()


def test_ids_become_vectors_inside_and_outside_an_event_loop(deployed: Transformer, world: World) -> None:
    async def inside() -> dict[str, object]:
        return deployed.preprocess({"instances": world.asked, "signature_name": "s"})

    for body in (deployed.preprocess(world.asked), asyncio.run(inside())):
        assert body["instances"] == world.vectors
        note = json.loads(body["parameters"]["sparkmon"])  # type: ignore[index]
        assert note["missing"] == {"cards_1": [2], "banks_1": []}
    assert deployed.postprocess({"predictions": [1]}) == {"predictions": [1]}


def test_policies_come_from_the_environment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARKMON_STORE", world.store)
    monkeypatch.setenv("SPARKMON_FEATURE_VIEW", "fraud")
    monkeypatch.setenv("SPARKMON_ON_MISSING", "default")
    monkeypatch.setenv("SPARKMON_DEFAULTS", '{"mean_amount": 1.5}')
    monkeypatch.setenv("SPARKMON_ENRICHMENT_NOTES", "false")
    body = Transformer().preprocess([[404, "dænske", 1.0]])
    assert body == {"instances": [[1.5, 1.0, None, 0.125]]}
    monkeypatch.setenv("SPARKMON_ON_MISSING", "error")
    with pytest.raises(ServingError, match="card_id=404"):
        Transformer().preprocess([[404, "dænske", 1.0]])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SPARKMON_STORE", ""),
        ("SPARKMON_DEFAULTS", "[1]"),
        ("SPARKMON_STORE_TIMEOUT_MS", "soon"),
        ("SPARKMON_ON_MISSING", "ignore"),
        ("SPARKMON_ENRICHMENT_NOTES", "maybe"),
    ],
)
def test_a_malformed_variable_is_named(world: World, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("SPARKMON_STORE", world.store)
    monkeypatch.setenv("DEPLOYMENT_NAME", "fraud")
    monkeypatch.setenv(name, value)
    with pytest.raises(OptionError, match=name.removeprefix("SPARKMON_").lower() + "|" + name):
        Transformer()
