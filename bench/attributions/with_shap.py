"""TreeSHAP of rows against a background, on trees that are fitted here; run in an environment of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import shap  # type: ignore[import-not-found]
from sklearn.ensemble import HistGradientBoostingClassifier


def main() -> None:
    """Explain what the folder has."""
    folder = Path(sys.argv[1])
    training, rows, background = (np.load(folder / f"{name}.npy") for name in ("training", "rows", "background"))
    trees = HistGradientBoostingClassifier(max_iter=60, random_state=0).fit(training[:, :-1], training[:, -1])
    explainer = shap.TreeExplainer(trees, background, feature_perturbation="interventional", model_output="probability")
    np.save(folder / "phi.npy", explainer.shap_values(rows, check_additivity=False))
    np.save(folder / "answers.npy", trees.predict_proba(rows)[:, 1])
    print(f"shap {shap.__version__}")


if __name__ == "__main__":
    main()
