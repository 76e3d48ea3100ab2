"""A transformer as kserve's documentation has it: a lookup in ``preprocess``, kserve's own client to the predictor.

``python -m bench.kserve_transformer ONLINE.sqlite PREDICTOR_HOST:PORT``
"""

from __future__ import annotations

import sqlite3
import sys
from typing import Any

from kserve import Model
from kserve.predictor_config import PredictorConfig

from sparkmon.serving.server import serve


class OwnClient(Model):  # type: ignore[misc]  # kserve has no types
    """Looks one row up for each instance, and leaves the rest to kserve."""

    def __init__(self, path: str) -> None:
        super().__init__("fraud")
        self.ready = True
        self._connection = sqlite3.connect(path)

    async def preprocess(self, payload: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
        """Return the vectors: nine stored features, then the passed one."""
        statement = "SELECT f0, f1, f2, f3, f4, f5, f6, f7, f8 FROM cards_1 WHERE card_id = ?"
        found = []
        for card_id, amount in payload["instances"]:
            row = self._connection.execute(statement, [card_id]).fetchone()
            found.append([*row, amount])
        return {"instances": found}


if __name__ == "__main__":
    serve(
        [OwnClient(sys.argv[1])],
        host="127.0.0.1",
        http_port=0,
        grpc_port=0,
        predictor_config=PredictorConfig(sys.argv[2]),
    )
