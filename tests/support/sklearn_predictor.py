"""A kserve predictor process: a scikit-learn model from a joblib file, answered with kserve's own helpers.

``python -m tests.support.sklearn_predictor MODEL.joblib NAME HTTP_PORT GRPC_PORT SEEN.jsonl``
"""

import json
import sys
from pathlib import Path
from typing import Any

import joblib
from kserve import InferRequest, Model
from kserve.protocol.infer_type import to_http_parameters
from kserve.utils.utils import get_predict_input, get_predict_response

from sparkmon.serving.server import serve


class SklearnModel(Model):  # type: ignore[misc]  # kserve has no types
    """What kserve's sklearn runtime does; it writes the parameters and headers of each request to a file."""

    def __init__(self, name: str, path: Path, seen: Path | None) -> None:
        super().__init__(name)
        self._model = joblib.load(path)
        self._seen = seen
        self.ready = True

    async def predict(self, payload: dict[str, Any] | InferRequest, headers: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - either protocol's
        """Predict."""
        if self._seen is not None:
            said = payload.get("parameters") if isinstance(payload, dict) else payload.parameters
            parameters = to_http_parameters(said) if said else {}
            with self._seen.open("a") as file:
                file.write(json.dumps({"parameters": parameters, "headers": headers}) + "\n")
        result = self._model.predict(get_predict_input(payload))
        return get_predict_response(payload, result, self.name)


if __name__ == "__main__":
    path, name, http_port, grpc_port, seen = sys.argv[1:]
    serve(
        [SklearnModel(name, Path(path), Path(seen) if seen else None)],
        host="127.0.0.1",
        http_port=int(http_port),
        grpc_port=int(grpc_port),
    )
