"""Attacks that were recorded on two models, and honest clients of them: who is found, and how soon."""

import pytest

from sparkmon.adversaries import Baseline, judge_client, windows_of
from tests.support.attacks import ATTACKS, asked, baseline, judged

MODELS = ("flights", "shuttle")


def first_attack(base: Baseline, model: str, stream: str, *, answered: bool = True) -> int | None:
    """Return after how many queries a stream is first found, judged 100 by 100 as they come; None if never."""
    (_, all_rows), *others = asked(model, stream, base.honest, answered=answered)
    assert not others
    attacks = judged(base, all_rows)
    return 100 * (attacks.index(True) + 1) if any(attacks) else None


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_found_within_three_hundred_queries(model: str, attack: str) -> None:
    found = first_attack(baseline(model), model, attack)
    at_once = attack not in ("jbda", "oars15", "oars30", "membership_noise")
    assert found is not None
    assert found <= (200 if at_once else 300)


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_without_the_models_answers_attacks_on_one_row_are_found_all_the_same(model: str) -> None:
    for attack in ("hsj_l2", "zoo", "extract_linesearch", "attribute_inference"):
        found = first_attack(baseline(model), model, attack, answered=False)
        assert found is not None
        assert found <= 200


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_no_window_of_a_later_honest_client_is_an_attack(model: str) -> None:
    base, windows = baseline(model), 0
    for client, rows in asked(model, "later", base.honest):
        assert judge_client(base, rows.rows, rows.scores, len(rows)) is None, client
        windows += len(rows) // 100
    assert windows >= 85


def test_copying_a_model_with_natural_rows_is_not_seen() -> None:
    """As docs/adversaries.md says: they are rows like any others."""
    assert first_attack(baseline("shuttle"), "shuttle", "knockoff_random") is None


def test_an_attack_is_said_in_words_with_the_rows_to_look_at() -> None:
    base = baseline("flights")
    ((_, rows),) = asked("flights", "hsj_l2", base.honest)
    attack = judge_client(base, rows.rows, rows.scores, len(rows))
    assert attack is not None
    assert (attack.windows, attack.of_windows) == (10, 10)
    assert {"similarity", "boundary"} <= {*attack.groups}
    assert "like HopSkipJump" in attack.description
    assert len(attack.suspects) == 3


@pytest.mark.slow
def test_what_moves_all_clients_makes_none_of_them_an_attacker() -> None:
    """An upstream fault: some weather stays at one value, some comes in another unit; one client attacks."""
    base = baseline("flights")
    clients = [rows for _, rows in asked("flights", "later", base.honest) if len(rows) >= 300]
    clients += [rows for _, rows in asked("flights", "hsj_l2", base.honest)]
    columns = base.honest.columns
    for rows in clients:
        for name in ("temp", "dewp"):
            rows.rows.numbers[:, columns.numbers.index(name)] *= -1
        for name in ("humid", "wind_speed", "pressure", "visib"):
            place = columns.numbers.index(name)
            rows.rows.numbers[:, place] = columns.medians[place]
    named = [judge_client(base, rows.rows, rows.scores, len(rows)) is not None for rows in clients]
    assert named == [True] * len(clients)
    now = base.moved(windows_of(base.honest, rows.rows, rows.scores)[-4:] for rows in clients)
    attacks = [judge_client(now, rows.rows, rows.scores, len(rows)) for rows in clients]
    named = [attack is not None for attack in attacks]
    assert named == [False] * (len(clients) - 1) + [True]
    assert {"similarity", "boundary"} <= {*attacks[-1].groups}  # type: ignore[union-attr]
