"""How soon clients that attack a model are found, and how often honest ones are taken for one; ``make bench-attacks``.

The attacks of ``bench/attacks/attacks.py`` run against models that are trained here, or recorded ones are read again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from scipy.stats import beta

from bench.attacks.judge import AMONG, OURS, SHARES, Judged, judge
from bench.attacks.rules import RULES
from bench.attacks.sets import SETS
from bench.environment import BUILD, environment, last_line
from bench.machine import machine
from sparkmon.errors import SparkmonError

_NEEDS = ("adversarial-robustness-toolbox==1.20.1", "packaging", "scikit-learn", "pyarrow", "pandas<3")
_MODELS = {"housing": "network", "car_loan": "logistic", "airline": "trees"}
_RECORDED = Path(__file__).parents[2] / "tests" / "data" / "attacks"
_SOON = 200
"""Queries within which an attack is to be named, except for those of"""
_WITHIN = {name: 1_000 for name in ("oars05", "oars10", "oars15", "oars20", "oars30", "jbda")}
_ASKED = {
    "HopSkipJump, Boundary, ZOO, Sign-OPT, line search, attribute inference, membership by boundary": (
        *("hsj_l2", "hsj_linf", "boundary", "zoo", "sign_opt", "extract_linesearch", "attribute_inference"),
        "membership_boundary",
    ),
    "OARS": ("oars05", "oars10", "oars15", "oars20", "oars30"),
    "JBDA": ("jbda",),
}
_HEADS = (*(f"{OURS} {share:.0%}" for share in SHARES), *RULES)


def main() -> None:
    """Make or read streams, and print what is found."""
    parser = argparse.ArgumentParser(prog="python -m bench.attacks.run", description=__doc__)
    parser.add_argument("--sets", metavar="NAME,...", default=",".join(SETS), help=f"of {', '.join(SETS)}")
    parser.add_argument("--seed", type=int, default=0, help="other rows, models, victims and parameters")
    parser.add_argument("--streams", type=int, default=3, help="of each attack")
    parser.add_argument("--queries", type=int, default=1_000, help="of each stream")
    parser.add_argument("--recorded", action="store_true", help="judge the recorded streams on flights and shuttle")
    chosen = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 240, highlight=False)
    console.print(machine())
    if chosen.recorded:
        sets = {name: pd.read_parquet(_RECORDED / f"{name}.parquet") for name in ("flights", "shuttle")}
    else:
        python, failure = environment("attacks", _NEEDS, lambda text: print(text, file=sys.stderr))
        if python is None:
            raise SparkmonError(f"the attacks' environment could not be made: {failure}")
        sets = {name: _made(python, name, chosen, console.print) for name in chosen.sets.split(",")}
    judged = {name: judge(streams) for name, streams in sets.items()}
    for name, each in judged.items():
        console.print(_table(f"{name}, calibrated on {each.calibrated_on} windows", [each]))
    console.print(_table("all sets", [*judged.values()]))
    console.print(_named(judged))
    for line in (*_in_time(judged), *_false_alarms(judged)):
        console.print(line)


def _made(python: Path, name: str, chosen: argparse.Namespace, say: Callable[[str], None]) -> pd.DataFrame:
    """Run the attacks on a set, in the environment that has ART."""
    with tempfile.TemporaryDirectory(prefix="sparkmon-attacks-") as place:
        case = SETS[name](chosen.seed)
        for part in ("training", "honest", "later"):
            getattr(case, part).to_parquet(Path(place) / f"{part}.parquet", index=False)
        numbers = map(str, (chosen.seed, chosen.streams, chosen.queries))
        command = [str(python), "-W", "ignore", "-m", "bench.attacks.make", place, _MODELS[name], *numbers]
        # Models are asked for a row at a time: threads of one prediction would wait for each other.
        alone = os.environ | {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, cwd=BUILD.parent, env=alone, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise SparkmonError(f"the attacks on {name} failed")
        say(f"{name}: {last_line(done.stdout)}")
        return pd.read_parquet(Path(place) / "streams.parquet")


def _table(title: str, sets: Sequence[Judged]) -> Table:
    """Say by attack and rule how many streams are found, after how many rows (the median), and their windows' share."""
    table = Table(
        "attack", *_HEADS, box=box.MARKDOWN, title=f"{title}: streams found, rows until then, share of windows"
    )
    attacks = dict.fromkeys(stream.split("-")[0] for each in sets for _, stream in each.first)
    for attack in attacks:
        cells = []
        for rule in _HEADS:
            pairs = [(each, key) for each in sets for key in each.first if key[0] == rule and _is(attack, key[1])]
            first = np.array([each.first[key] for each, key in pairs])
            share = [each.windows[key] for each, key in pairs if key in each.windows]
            hits = np.isfinite(first)
            after = f" {np.median(first[hits]):,.0f}" if hits.any() else ""
            cells.append(f"{hits.sum()}/{len(first)}{after}{f' {np.mean(share):.2f}' if share else ''}")
        table.add_row(attack, *cells)
    return table


def _named(judged: dict[str, Judged]) -> Table:
    """Say by attack and set how many streams are named in time, and the median and the worst of their queries."""
    rules = {f"{OURS} 100%": "alone", AMONG: "among honest clients"}
    heads = [f"{name}, {where}" for where in rules.values() for name in judged]
    title = f"streams named in {_SOON} queries (OARS, JBDA: 1,000); queries until then: median, worst"
    table = Table("attack", *heads, box=box.MARKDOWN, title=title)
    for attack in dict.fromkeys(stream.split("-")[0] for each in judged.values() for _, stream in each.first):
        table.add_row(attack, *(_soon(each, rule, attack) for rule in rules for each in judged.values()))
    return table


def _soon(judged: Judged, rule: str, attack: str) -> str:
    first = np.array(
        [queries for (each, stream), queries in judged.first.items() if each == rule and _is(attack, stream)]
    )
    if not len(first):
        return "-"
    after = [f"{each:,.0f}" if np.isfinite(each) else "never" for each in (np.median(first), first.max())]
    return f"{(first <= _WITHIN.get(attack, _SOON)).sum()}/{len(first)} {', '.join(after)}"


def _in_time(judged: dict[str, Judged]) -> list[str]:
    lines = []
    for what, attacks in _ASKED.items():
        limit = _WITHIN.get(attacks[0], _SOON)
        for rule, where in ((f"{OURS} 100%", "alone"), (AMONG, "among honest clients")):
            first = [
                (f"{name} {stream}", queries)
                for name, each in judged.items()
                for (own, stream), queries in each.first.items()
                if own == rule and stream.split("-")[0] in attacks
            ]
            late = [f"{name} after {queries:,.0f}" for name, queries in first if queries > limit]
            hits = len(first) - len(late)
            share = f"{hits} of {len(first)} streams ({hits / len(first):.1%})"
            lines.append(
                f"{what}: {share} named within {limit:,} queries {where}" + (f"; {', '.join(late)}" * bool(late))
            )
    others = sum(each.others for each in judged.values())
    return [*lines, f"honest clients named next to an attacker: {others}"]


def _is(attack: str, stream: str) -> bool:
    return stream.split("-")[0] == attack


def _false_alarms(judged: dict[str, Judged]) -> list[str]:
    lines = []
    windows = sum(each.later for each in judged.values())
    for rule in (OURS, *RULES):
        false = sum(each.false[rule] for each in judged.values())
        by_set = ", ".join(f"{name} {_share(each.false[rule], each.later)}" for name, each in judged.items())
        lines.append(f"{rule}: {_share(false, windows)} windows of honest clients alarm ({by_set})")
    return lines


def _share(false: int, windows: int) -> str:
    """Say how many windows alarm, and the most that would, with 95 % confidence (Clopper and Pearson)."""
    most = float(beta.ppf(0.95, false + 1, windows - false)) if false < windows else 1.0
    return f"{false:,} of {windows:,}, at most {most:.2%}"


if __name__ == "__main__":
    main()
