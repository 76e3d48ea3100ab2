"""What sparkmon's rule, and peers' rules, say of streams of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.attacks.among_clients import Honest, queries_until_named
from bench.attacks.rules import RULES, Rule
from bench.attacks.through_log import by_client, calibrate
from sparkmon.adversaries import CLIENT_STATISTICS, WINDOW_ROWS, Baseline, ClientRows, alerts, windows_of
from sparkmon.adversaries.honest import labels_of

__all__ = ["AMONG", "OURS", "SHARES", "Judged", "judge"]

OURS = "sparkmon"
AMONG = "sparkmon among honest clients"
SHARES = (1.0, 0.5, 0.25, 0.1)
"""The attack's share of the rows of its client."""
_CUT = 1_000
"""Peers keep all rows of a client; honest ones are given to them in pieces as long as an attack."""


@dataclass(frozen=True)
class Judged:
    """What was found in the streams of one set."""

    calibrated_on: int
    """Windows of honest clients."""
    first: Mapping[tuple[str, str], float]
    """By rule (sparkmon's with the attack's share of the client's rows) and stream, the client's rows until the first
    alarm; infinite if there is none."""
    windows: Mapping[tuple[str, str], float]
    """The same, and the share of windows that are an attack."""
    false: Mapping[str, int]
    """By rule, windows of later rows of honest clients with an alarm,"""
    later: int
    """and how many there are."""
    others: int
    """Honest clients that were named next to an attacker, before it was or in the same window."""


def judge(streams: pd.DataFrame) -> Judged:
    """Learn from the honest rows, and judge the other streams."""
    baseline = calibrate(streams)
    honest = _clients(baseline, streams, "honest")
    later = _clients(baseline, streams, "later")
    rules = _rules(baseline, honest)
    found = [hits for rows in later for hits in [_windows(baseline, rows)]]
    false = {OURS: sum(sum(each) for each in found)}
    for name, rule in rules.items():
        false[name] = sum(_alarmed_windows(rule, *piece) for rows in later for piece in _pieces(baseline, rows))
    first: dict[tuple[str, str], float] = {}
    windows: dict[tuple[str, str], float] = {}
    own = max(later, key=len)
    attacks = {
        str(name): rows for name, rows in streams.groupby("stream") if name not in ("reference", "honest", "later")
    }
    beside = Honest(streams[streams["stream"] == "later"], max(map(len, attacks.values())))
    others = 0
    for stream, asked in attacks.items():
        [rows] = [rows for _, rows in by_client(baseline.honest, asked)]
        first[AMONG, stream], named = queries_until_named(baseline, asked, beside)
        others += named
        for share in SHARES:
            hits = _windows(baseline, rows if share == 1 else _mixed(rows, own, share))
            key = (f"{OURS} {share:.0%}", stream)
            first[key] = WINDOW_ROWS * (hits.index(True) + 1) if any(hits) else np.inf
            windows[key] = float(np.mean(hits))
        for name, rule in rules.items():
            alarms = rule.alarms(baseline.honest.points_of(rows.rows), _labels(rows))
            first[name, stream] = float(alarms.argmax()) + 1 if alarms.any() else np.inf
    return Judged(baseline.windows, first, windows, false, sum(len(each) for each in found), others)


def _clients(baseline: Baseline, streams: pd.DataFrame, stream: str) -> list[ClientRows]:
    return [rows for _, rows in by_client(baseline.honest, streams[streams["stream"] == stream])]


def _windows(baseline: Baseline, rows: ClientRows) -> list[bool]:
    """Judge 100 rows after 100, by window whether it is an attack."""
    whole = rows.take(slice(0, len(rows) // WINDOW_ROWS * WINDOW_ROWS))
    fired = [baseline.fired(window) for window in windows_of(baseline.honest, whole.rows, whole.scores)]
    return [*alerts({CLIENT_STATISTICS.get(name).group for name in each} for each in fired)]


def _mixed(rows: ClientRows, honest: ClientRows, share: float) -> ClientRows:
    """Put a client's honest rows between those of an attack, in random places."""
    random = np.random.default_rng(0)
    count = round(len(rows) * (1 / share - 1))
    together = rows.plus(honest.take(slice(0, count)))
    while len(together) < len(rows) + count:
        together = together.plus(honest.take(slice(0, len(rows) + count - len(together))))
    places = np.concatenate([np.sort(random.uniform(size=each)) for each in (len(rows), count)])
    order = np.argsort(places, kind="stable")
    scores = None if together.scores is None else together.scores[order]
    return ClientRows(together.times, together.ids, together.rows.take(order), scores)


def _rules(baseline: Baseline, honest: Sequence[ClientRows]) -> dict[str, Rule]:
    pieces = [piece for rows in honest for piece in _pieces(baseline, rows)]
    return {name: rule(pieces) for name, rule in RULES.items()}


def _pieces(baseline: Baseline, rows: ClientRows) -> list[tuple[np.ndarray, np.ndarray]]:
    points, labels = baseline.honest.points_of(rows.rows), _labels(rows)
    starts = range(0, len(points), _CUT)
    return [(points[at : at + _CUT], labels[at : at + _CUT]) for at in starts]


def _labels(rows: ClientRows) -> np.ndarray:
    assert rows.scores is not None
    return labels_of(rows.scores)


def _alarmed_windows(rule: Rule, points: np.ndarray, labels: np.ndarray) -> int:
    alarms = rule.alarms(points, labels)[: len(points) // WINDOW_ROWS * WINDOW_ROWS]
    return int(alarms.reshape(-1, WINDOW_ROWS).any(axis=1).sum())
