"""Scores known from elsewhere: ``tests/golden/detectors/<detector>.json`` says from where."""

import json

import numpy as np
import pytest

from sparkmon.detectors import DETECTORS, Columns, Rows
from tests.support.source import ROOT

GOLDEN = sorted((ROOT / "tests" / "golden" / "detectors").glob("*.json"))


@pytest.mark.parametrize("name", [path.stem for path in GOLDEN])
def test_scores_are_the_golden_ones(name: str) -> None:
    content = json.loads((ROOT / "tests" / "golden" / "detectors" / f"{name}.json").read_text())
    training, rows = (np.array(content[side], float) for side in ("training", "rows"))
    columns = Columns((*content["columns"],), (*np.median(training, axis=0).tolist(),), {})
    bare = [Rows(each, np.zeros(each.shape, np.int8), np.empty((len(each), 0), np.int64)) for each in (training, rows)]
    found = DETECTORS.get(name).fit(columns, bare[0]).score(bare[1])
    assert found == pytest.approx(content["scores"], rel=1e-9, abs=1e-12)


def test_each_detector_that_needs_no_other_library_has_golden_scores() -> None:
    """That of the isolation forest are scikit-learn's, with which ``test_detectors.py`` compares it."""
    assert {path.stem for path in GOLDEN} == {*DETECTORS} - {"isolation_forest"}
