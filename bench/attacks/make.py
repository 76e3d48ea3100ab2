"""Run attacks on a model and write what was asked; in an environment of its own, because it needs ART.

``FOLDER KIND SEED STREAMS QUERIES``: the folder has ``training``, ``honest`` and ``later.parquet``, and gets
``streams.parquet`` with the columns ``stream``, ``client``, the features, and the probabilities ``p0``, ``p1``...
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd

from bench.attacks.asked_model import AskedModel, Enough, Space, fit_model, with_scores
from bench.attacks.attacks import ATTACKS


def main() -> None:
    """Attack, several times by each attack, each time with other victims and parameters."""
    folder, kind = Path(sys.argv[1]), sys.argv[2]
    seed, streams, queries = map(int, sys.argv[3:])
    training = pd.read_parquet(folder / "training.parquet")
    labels = training.pop("label").to_numpy().astype(int)
    model, space = fit_model(kind, training, labels, seed), Space(training)
    parts = [with_scores(training, model.predict_proba(training)).assign(stream="reference", client="")]
    for stream in ("honest", "later"):
        rows = pd.read_parquet(folder / f"{stream}.parquet")
        scores = model.predict_proba(rows[space.names])
        parts.append(with_scores(rows, scores).assign(stream=stream))
    victims = space.points(rows[space.names])
    for name, attack in ATTACKS.items():
        for number in range(streams):
            random = np.random.default_rng([seed, number, crc32(name.encode())])
            np.random.seed(int(random.integers(2**31)))  # ART's
            asked, started = AskedModel(model, space, queries), time.process_time()
            try:
                with suppress(Enough):
                    while True:
                        attack(asked, random.permutation(victims)[: 2 * queries], random)
            except ValueError as error:
                print(f"{name}: {error!s:.120}", file=sys.stderr)
                break
            parts.append(asked.log().assign(stream=f"{name}-{number}", client="attacker"))
        print(f"{name} {time.process_time() - started:.1f} s", file=sys.stderr)
    pd.concat(parts, ignore_index=True).to_parquet(folder / "streams.parquet", index=False)
    print(f"ART {version('adversarial-robustness-toolbox')}, {kind}: accuracy {model.score(training, labels):.2f}")


if __name__ == "__main__":
    main()
