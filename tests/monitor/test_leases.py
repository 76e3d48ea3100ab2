"""Of two monitors on one set of tables, each has models of its own, and no stray event stops one."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sparkmon.errors import CheckpointError
from sparkmon.monitor.leases import Leases
from sparkmon.tables import Tables, TableWriter


@pytest.fixture
def tables(tmp_path: Path) -> TableWriter:
    return Tables(f"{tmp_path}/tables").open(None)


@pytest.fixture
def lease(tables: TableWriter) -> Callable[..., tuple[set[str], dict[str, str]]]:
    """Acquire leases as a process that has just started does."""

    def acquire(
        query: str, *models: str, take_over: bool = False, expected: Sequence[str] = ()
    ) -> tuple[set[str], dict[str, str]]:
        leases = Leases([3600.0], f"/{query}", take_over, expected)
        return leases.acquire(tables, models, query)

    return acquire


def test_a_model_of_another_query_is_skipped_at_every_start(
    lease: Callable[..., tuple[set[str], dict[str, str]]],
) -> None:
    assert lease("left", "shop") == (set(), {})
    assert lease("right", "bank") == (set(), {})
    for _ in range(2):
        assert lease("right", "bank", "shop") == (set(), {"shop": "/left"})
        assert lease("right", "shop") == (set(), {"shop": "/left"})
    assert lease("left", "shop") == (set(), {})


def test_a_first_batch_may_have_a_stray_event(lease: Callable[..., tuple[set[str], dict[str, str]]]) -> None:
    lease("left", "shop")
    assert lease("right", "bank", "shop") == (set(), {"shop": "/left"})


def test_a_new_query_waits_for_models_of_its_own(lease: Callable[..., tuple[set[str], dict[str, str]]]) -> None:
    lease("left", "shop")
    for _ in range(2):
        assert lease("right", "shop", expected=["shop", "bank"]) == (set(), {"shop": "/left"})
    assert lease("right", "shop", "bank", expected=["shop", "bank"]) == (set(), {"shop": "/left"})


def test_a_query_of_which_another_has_all_models_is_refused(
    lease: Callable[..., tuple[set[str], dict[str, str]]],
) -> None:
    lease("left", "shop", "bank")
    with pytest.raises(CheckpointError, match=r"'shop' in .* are written by the query left since"):
        lease("right", "shop", expected=["shop", "bank"])
    with pytest.raises(CheckpointError, match=r"'bank' in .* are written by the query left since"):
        lease("right", "shop", "bank")
    assert lease("right", "shop", "bank", take_over=True) == ({"left"}, {})


def test_a_model_that_was_taken_over_ends_the_query_that_had_it(
    lease: Callable[..., tuple[set[str], dict[str, str]]],
) -> None:
    lease("left", "shop", "bank")
    lease("right", "shop", take_over=True)
    with pytest.raises(CheckpointError, match=r"'shop' in .* are written by the query right since"):
        lease("left", "shop", "bank")
    assert lease("left", "shop", take_over=True) == ({"right"}, {})
