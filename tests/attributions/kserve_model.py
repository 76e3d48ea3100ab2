"""A model and its explainer on a KServe model server that counts rows: ``kserve_model HTTP_PORT GRPC_PORT FILE``."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from kserve import InferOutput, InferRequest, InferResponse, Model

from sparkmon.serving.server import serve

WEIGHTS, BASE = np.array([2.0, 0.8]), 0.5


class Loans(Model):  # type: ignore[misc]  # kserve has no types
    """A sum of income and age, half as much more in the north."""

    def __init__(self, counted: Path) -> None:
        super().__init__("loans")
        self._counted, self._rows = counted, 0
        self.ready = True

    async def predict(self, payload: dict[str, Any] | InferRequest, headers: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - either protocol's
        """Answer in the protocol that was asked in."""
        if isinstance(payload, dict):
            return {"predictions": self._answers(payload["instances"])}
        income, age, region = (each.as_numpy() for each in payload.inputs)
        texts = [each.decode() if isinstance(each, bytes) else each for each in region.tolist()]
        answers = self._answers([*zip(income.tolist(), age.tolist(), texts, strict=True)])
        output = InferOutput("score", [len(answers)], "FP64", data=answers)
        return InferResponse(payload.id or "none", self.name, [output])

    async def explain(self, payload: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
        """Answer with what income and age add to what the mean row has, as SHAP's explainers name it."""
        self._count(len(payload["instances"]))
        rows = np.array([row[:2] for row in payload["instances"]], float)
        values = np.hstack([rows * WEIGHTS, np.zeros((len(rows), 1))])
        return {"explanations": {"shap_values": values.tolist()}}

    def _answers(self, rows: list[Any]) -> list[float]:
        self._count(len(rows))
        sums = np.array([row[:2] for row in rows], float) @ WEIGHTS + BASE
        return (sums * [1.5 if row[2] == "north" else 1.0 for row in rows]).tolist()  # type: ignore[no-any-return]

    def _count(self, rows: int) -> None:
        self._rows += rows
        self._counted.write_text(f"{self._rows}")


if __name__ == "__main__":
    http_port, grpc_port, counted = sys.argv[1:]
    serve([Loans(Path(counted))], host="127.0.0.1", http_port=int(http_port), grpc_port=int(grpc_port))
