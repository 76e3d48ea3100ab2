"""The flights' model on a KServe model server that counts the rows it is asked for: ``served PORT COUNTED``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from kserve import Model

from bench.attributions.flights import fitted, matrix_of
from sparkmon.demo.flights import MODEL, split_flights
from sparkmon.serving.server import serve


class _Counted(Model):  # type: ignore[misc]  # kserve has no types
    def __init__(self, counted: Path) -> None:
        super().__init__(MODEL)
        self._trees, self._counted, self._rows = fitted(matrix_of(split_flights().training)), counted, 0
        self.ready = True

    async def predict(self, payload: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, list[float]]:
        """Answer with the probability of a delay."""
        rows = np.array(payload["instances"], float)
        self._rows += len(rows)
        self._counted.write_text(f"{self._rows}")
        return {"predictions": self._trees.predict_proba(rows)[:, 1].tolist()}


if __name__ == "__main__":
    serve([_Counted(Path(sys.argv[2]))], host="127.0.0.1", http_port=int(sys.argv[1]))
