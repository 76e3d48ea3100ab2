"""A model server over HTTP, V1 and V2, that counts what it is asked for."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

Model = Callable[[list[list[Any]]], list[float]]


class ModelServer:
    """What it was asked for."""

    def __init__(self, model: Model) -> None:
        self.model, self.rows, self.requests, self.ids, self.is_down = model, 0, 0, list[str](), False
        self.url = ""

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Answer a body of either protocol."""
        if path == "/v1/models/loans:predict":
            rows = body["instances"]
            self.rows += len(rows)
            return {"predictions": self.model(rows)}
        assert path == "/v2/models/loans/infer"
        assert {each["datatype"] for each in body["inputs"]} <= {"FP64", "BYTES"}
        rows = [list(row) for row in zip(*(each["data"] for each in body["inputs"]), strict=True)]
        self.rows += len(rows)
        data = np.repeat(self.model(rows), 2).tolist()  # two columns, of which the last is the one
        output = {"name": "score", "datatype": "FP64", "shape": [len(rows), 2], "data": data}
        return {"model_name": "loans", "outputs": [output]}


@contextmanager
def serving(model: Model) -> Iterator[ModelServer]:
    """Serve on a free port of this machine."""
    server = ModelServer(model)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            server.requests += 1
            server.ids.append(self.headers["ce-id"])
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            content = json.dumps(server.answer(self.path, body)).encode()
            self.send_response(503 if server.is_down else 200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{httpd.server_port}"
    try:
        yield server
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()
