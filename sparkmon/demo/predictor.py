"""The predictor of the demonstration as a program: ``predictor PORT RECEIVER_URL``.

A KServe model server with the model and sparkmon's payload logger in place of KServe's agent.
"""

import sys
from typing import Any

from sparkmon.demo.callers import CLIENT_HEADER
from sparkmon.demo.delay_model import DelayModel
from sparkmon.demo.flights import MODEL, split_flights
from sparkmon.errors import MissingExtraError
from sparkmon.payload_logger import EventEmitter, PayloadLogger
from sparkmon.serving.server import serve

try:
    from kserve import Model
except ImportError as error:
    raise MissingExtraError.of("kserve", "serving") from error


class Predictor(Model):  # type: ignore[misc]  # kserve has no types
    """Answers V1 requests with the probability that each flight is late."""

    def __init__(self) -> None:
        super().__init__(MODEL)
        self._model = DelayModel(split_flights().training)
        self.ready = True

    async def predict(self, payload: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, list[float]]:
        """Predict; see :class:`DelayModel`."""
        return {"predictions": self._model.predict(payload["instances"])}


def main(port: int, receiver: str) -> None:
    """Serve until SIGTERM, then send the events that are still queued."""
    emitter = EventEmitter(receiver, batch_size=50)
    serve(
        [Predictor()],
        host="127.0.0.1",
        http_port=port,
        middleware=[
            lambda app: PayloadLogger(
                app,
                emitter=emitter,
                inference_service=MODEL,
                namespace="demo",
                metadata_headers=("X-Request-Id", CLIENT_HEADER),
            )
        ],
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
