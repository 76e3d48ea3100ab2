"""The systems by name, and how each is asked for its verdicts of all cases."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bench.verdicts.ask_peer import PEERS, ask
from bench.verdicts.case import Case, Verdicts
from bench.verdicts.hopsworks_rule import hopsworks
from bench.verdicts.original_rules import original_emd, original_js, original_kl
from bench.verdicts.rules import Rule, judge_by_rule
from bench.verdicts.trustyai_rule import trustyai
from bench.verdicts.with_sparkmon import judge_by_sparkmon

__all__ = ["SYSTEMS", "Answer", "answers"]

_AT_ONCE = 2
_OURS = ("sparkmon", "sparkmon-findings")
_RULES: dict[str, Rule] = {
    "trustyai": trustyai,
    "hopsworks": hopsworks,
    "original-kl": original_kl,
    "original-js": original_js,
    "original-emd": original_emd,
}
SYSTEMS = {
    "sparkmon": "sparkmon, alerts",
    "sparkmon-findings": "sparkmon, findings",
    "evidently": "Evidently",
    "nannyml": "NannyML",
    "whylogs": "whylogs",
    "alibi-detect": "alibi-detect",
    "trustyai": "TrustyAI's rule",
    "hopsworks": "Hopsworks' PSI",
    "original-kl": "original, KL",
    "original-js": "original, JS",
    "original-emd": "original, EMD",
}
"""By the name that the command line takes: what tables call it."""


@dataclass
class Answer:
    """What a system said: verdicts by case, and why it has none of others."""

    version: str = ""
    verdicts: dict[str, Verdicts] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def answers(
    wanted: Sequence[str], cases: Mapping[Path, Case], say: Callable[[str], None]
) -> Iterator[tuple[str, Answer]]:
    """Ask each system about all cases, which are keyed by the folders they are written to; peers meanwhile, by two."""
    ours: dict[str, Answer] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        peers = {name: pool.submit(_of_peer, name, cases, say) for name in wanted if name in PEERS}
        for name in wanted:
            if name in _RULES:
                say(f"asking {SYSTEMS[name]}")
                yield name, _of_rule(_RULES[name], cases)
            elif name in _OURS:
                say(f"asking {SYSTEMS[name]}")
                ours = ours or _of_sparkmon(cases)
                yield name, ours[name]
        for name, peer in peers.items():
            yield name, peer.result()


def _of_rule(rule: Rule, cases: Mapping[Path, Case]) -> Answer:
    answer = Answer()
    for case in cases.values():
        began = time.perf_counter()
        answer.verdicts[case.name] = judge_by_rule(rule, case)
        answer.seconds[case.name] = time.perf_counter() - began
    return answer


def _of_sparkmon(cases: Mapping[Path, Case]) -> dict[str, Answer]:
    """Judge once; alerts and findings come of the same run."""
    both = {name: Answer() for name in _OURS}
    for case in cases.values():
        began = time.perf_counter()
        judged = judge_by_sparkmon(case)
        for answer, verdicts in zip(both.values(), judged, strict=True):
            answer.verdicts[case.name] = verdicts
            answer.seconds[case.name] = time.perf_counter() - began
    return both


def _of_peer(name: str, cases: Mapping[Path, Case], say: Callable[[str], None]) -> Answer:
    say(f"asking {SYSTEMS[name]}")
    told = ask(PEERS[name], list(cases), say)
    say(f"{SYSTEMS[name]} has answered")
    if "error" in told:
        return Answer(errors={case.name: told["error"] for case in cases.values()})
    answer = Answer(told["version"])
    for case in cases.values():
        of_case = told["cases"][case.name]
        if "error" in of_case:
            answer.errors[case.name] = of_case["error"].splitlines()[0]
        else:
            answer.verdicts[case.name] = of_case["verdicts"]
            answer.seconds[case.name] = of_case["seconds"]
    return answer
