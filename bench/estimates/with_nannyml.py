"""NannyML's CBPE and DLE on a set that was written to a folder; run in an environment of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import nannyml as nml  # type: ignore[import-not-found]
import pandas as pd


def main() -> None:
    """Estimate each chunk of the sets in the folder that is named."""
    folder = Path(sys.argv[1])
    pd.set_option("future.infer_string", False)  # NannyML reshapes columns of texts, which Arrow's do not bear
    answers = {}
    for place in sorted(folder.glob("*.json")):
        options = json.loads(place.read_text())
        tables = [pd.read_parquet(folder / f"{place.stem}.{part}.parquet") for part in ("reference", "live")]
        answers[place.stem] = _estimates(options, *tables)
    (folder / "answer").write_text(json.dumps(answers))
    print(f"NannyML {nml.__version__}")


def _estimates(options: dict[str, Any], reference: pd.DataFrame, live: pd.DataFrame) -> dict[str, list[float]]:
    common = {"y_true": options["label"], "y_pred": options["predicted"], "chunk_size": options["chunk"]}
    if not options["scores"]:
        estimator = nml.DLE(feature_column_names=options["features"], metrics=["mae"], **common)
        names = {"mae": "mean_absolute_error"}
    else:
        scores: Any = options["scores"][0] if len(options["scores"]) == 1 else options["by_class"]
        problem = "classification_binary" if len(options["scores"]) == 1 else "classification_multiclass"
        names = {"accuracy": "accuracy_score", "roc_auc": "roc_auc_score"}
        common |= {"metrics": [*names], "problem_type": problem}
        estimator = nml.CBPE(y_pred_proba=scores, **common)
    estimator.fit(reference)
    columns = estimator.estimate(live).filter(period="analysis").to_df()
    return {ours: columns[theirs, "value"].tolist() for theirs, ours in names.items()}


if __name__ == "__main__":
    main()
