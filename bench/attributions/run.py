"""How near sampled attributions are to TreeSHAP, and what they ask of a model: ``make bench-attributions``.

The demonstration's flights; boosted trees on a KServe model server of its own, which counts the rows that it is asked
for. The baseline and windows are those of ``sparkmon attributions`` by default: 200 rows, three permutations.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
import sklearn
from scipy.stats import spearmanr

from bench.attributions.flights import Matrix, matrix_of
from bench.environment import BUILD, environment, last_line
from bench.machine import machine
from sparkmon.attributions import AttributionBaseline, ModelEndpoint
from sparkmon.demo.flights import FEATURES, MODEL, split_flights
from sparkmon.explain import Attributions, attribution_distances, permutation_shapley, rows_asked
from sparkmon.records import Feature

_NEEDS = ("shap==0.51.0", f"scikit-learn=={sklearn.__version__}")
_SEEDS = 10
_FEATURES = tuple(Feature(name, "numeric") for name in FEATURES)


def main() -> None:
    """Measure."""
    print(machine())
    flights = split_flights()
    training, reference, live = (
        matrix_of(part) for part in (flights.training, flights.reference, flights.live[:20_000])
    )
    with tempfile.TemporaryDirectory() as folder:
        counted = Path(folder) / "counted"
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "bench.attributions.served", f"{port}", f"{counted}"]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait(f"http://127.0.0.1:{port}/v1/models/{MODEL}")
            _measure(ModelEndpoint(f"http://127.0.0.1:{port}", rows_per_second=1e6), training, reference, live, counted)
        finally:
            server.terminate()
            server.wait()


def _measure(endpoint: ModelEndpoint, training: Matrix, reference: Matrix, live: Matrix, counted: Path) -> None:
    baseline = AttributionBaseline.measure(endpoint, MODEL, _FEATURES, _sent(reference[:20_000]))
    generator = np.random.default_rng(1)
    window = live[generator.choice(len(live), 200, replace=False)]
    before, start = int(counted.read_text()), time.monotonic()
    explained = _explained(endpoint, baseline, window, 0)
    seconds, spent = time.monotonic() - start, int(counted.read_text()) - before
    budget = rows_asked(200, len(FEATURES), 3)
    gap = float(np.abs(explained.phi.sum(axis=1) - explained.answers + explained.bases).max())
    print(f"rows that the server counted: {spent:,} of {budget:,}; {seconds:.1f} s; sums are off by {gap:.1e} at most")
    for line in _next_to_shap(training, window, baseline, explained, counted.parent):
        print(line)
    print("\n| window | relative_l1 (limit) | js (limit) | 1 - ndcg (limit) | NDCG |\n|---|---|---|---|---|")
    frozen = window.copy()
    frozen[:, FEATURES.index("dep_delay")] = np.nanmedian(reference[:, FEATURES.index("dep_delay")])
    for name, rows in (("as in training", window), ("dep_delay frozen at its median", frozen)):
        distances = attribution_distances(baseline.importances, _explained(endpoint, baseline, rows, 0).importances)
        cells = [f"{distances[each]:.3f} ({baseline.limits[each]:.3f})" for each in ("relative_l1", "js")]
        cells.append(f"{1 - distances['ndcg']:.4f} ({1 - baseline.limits['ndcg']:.4f})")
        print(f"| {name} | {' | '.join(cells)} | {distances['ndcg']:.3f} |")
    quiet = sum(
        attribution_distances(
            baseline.importances, _explained(endpoint, baseline, _draw(live, seed), seed).importances
        )["relative_l1"]
        > baseline.limits["relative_l1"]
        for seed in range(2, 2 + _SEEDS)
    )
    print(f"\n{quiet} of {_SEEDS} quiet windows alarm")


def _next_to_shap(
    training: Matrix, window: Matrix, baseline: AttributionBaseline, explained: Attributions, folder: Path
) -> list[str]:
    python, reason = environment("shap", _NEEDS, lambda text: print(text, file=sys.stderr))
    if python is None:
        return [f"TreeSHAP is not there: {reason}"]
    background = baseline.background.astype(float)
    for name, array in (("training", training), ("rows", window[:, : len(FEATURES)]), ("background", background)):
        np.save(folder / f"{name}.npy", array)
    script = Path(__file__).with_name("with_shap.py")
    done = subprocess.run([python, script, folder], capture_output=True, text=True, check=False, cwd=BUILD)
    if done.returncode:
        return [f"TreeSHAP failed: {last_line(done.stderr)}"]
    phi, answers = np.load(folder / "phi.npy"), np.load(folder / "answers.npy")
    same = float(np.abs(answers - explained.answers).max())
    importances = np.abs(phi).mean(axis=0)
    rho = spearmanr(importances, explained.importances).statistic
    distances = attribution_distances(importances, explained.importances)
    mean = np.abs(phi.mean(axis=0) - explained.phi.mean(axis=0)).sum() / importances.sum()
    return [
        f"next to TreeSHAP ({done.stdout.strip()}; answers differ by {same:.0e}): Spearman {rho:.3f} of importances, "
        f"relative L1 {distances['relative_l1']:.3f}, NDCG {distances['ndcg']:.3f}; of mean attributions {mean:.3f}"
    ]


def _explained(endpoint: ModelEndpoint, baseline: AttributionBaseline, rows: Matrix, seed: int) -> Attributions:
    with endpoint.open(MODEL, _FEATURES, baseline.key) as opened:
        generator = np.random.default_rng(seed)
        return permutation_shapley(opened.predict, _sent(rows), baseline.background, 3, generator)


def _draw(live: Matrix, seed: int) -> Matrix:
    return live[np.random.default_rng(seed).choice(len(live), 200, replace=False)]


def _sent(rows: Matrix) -> np.ndarray:
    sent = rows[:, : len(FEATURES)].astype(object)
    sent[np.isnan(rows[:, : len(FEATURES)])] = None
    return sent


def _wait(url: str) -> None:
    for _ in range(120):
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise SystemExit("the model server did not start")


if __name__ == "__main__":
    main()
