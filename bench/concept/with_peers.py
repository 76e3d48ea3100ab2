"""Other detectors on streams of right and wrong answers, in an environment of their own: ``with_peers NAME FOLDER``."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Detector = Callable[[], Callable[[float], bool]]
"""Makes a detector: takes a row, 1 if it is wrong, and returns whether it alarms."""


def main() -> None:
    """Give each detector the streams of the folder."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    detectors = {"river": _river, "frouros": _frouros}[name]()
    streams = {each.stem: np.load(each) for each in sorted(folder.glob("*.npy"))}
    answers = {
        detector: {stem: [_alarms(make, row) for row in rows] for stem, rows in streams.items()}
        for detector, make in detectors.items()
    }
    (folder / f"{name}.json").write_text(json.dumps(answers))
    print(f"{name} {importlib.import_module('importlib.metadata').version(name)}")


def _alarms(make: Detector, stream: np.ndarray) -> list[int]:
    """Return the rows at which it alarms; it begins anew after each."""
    alarms, step = [], make()
    for place, wrong in enumerate(stream.tolist()):
        if step(wrong):
            alarms.append(place)
            step = make()
    return alarms


def _river() -> dict[str, Detector]:
    drift: Any = importlib.import_module("river.drift")
    binary: Any = importlib.import_module("river.drift.binary")

    def of(kind: Any) -> Detector:  # noqa: ANN401 - a class of river
        def make() -> Callable[[float], bool]:
            detector = kind()

            def step(wrong: float) -> bool:
                detector.update(wrong)
                return bool(detector.drift_detected)

            return step

        return make

    kinds = {"ADWIN": drift.ADWIN, "PageHinkley": drift.PageHinkley, "DDM": binary.DDM}
    kinds |= {name: getattr(binary, name) for name in ("HDDM_A", "HDDMA", "HDDM_W", "HDDMW") if hasattr(binary, name)}
    return {f"river {name}": of(kind) for name, kind in kinds.items()}


def _frouros() -> dict[str, Detector]:
    room: Any = importlib.import_module("frouros.detectors.concept_drift")

    def of(kind: Any) -> Detector:  # noqa: ANN401 - a class of frouros
        def make() -> Callable[[float], bool]:
            detector = kind()

            def step(wrong: float) -> bool:
                detector.update(value=wrong)
                return bool(detector.drift)

            return step

        return make

    return {f"frouros {name}": of(getattr(room, name)) for name in ("ADWIN", "CUSUM", "DDM", "HDDMA", "HDDMW")}


if __name__ == "__main__":
    main()
