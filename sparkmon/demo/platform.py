"""The servers of the demonstration on the loopback interface: receiver, predictor and transformer."""

from contextlib import ExitStack
from pathlib import Path

from sparkmon.demo.flights import MODEL
from sparkmon.demo.online_store import VIEW
from sparkmon.demo.server_process import ServerProcess


class Platform(ExitStack):
    """The servers of the demonstration, stopped at the end of the block; they also end if this process is killed."""

    def __init__(self, out: Path) -> None:
        """Put the spool and the logs in the directory ``out``."""
        super().__init__()
        self._out = out
        self.spool = out / "spool"

    def __enter__(self) -> "Platform":
        receive = ("sparkmon", "receive", str(self.spool), "--port", "{port}")
        self._receiver = self._start("receiver", receive, "/health")
        self._predictor = self._start(
            "predictor",
            ("sparkmon.demo.predictor", "{port}", self._receiver.url),
            "/v2/health/ready",
            self._receiver,  # it sends its last events while it stops
        )
        return self

    def start_transformer(self, store: str) -> None:
        """Start the transformer on a store with the feature view."""
        command = (
            *("sparkmon.serving.transformer", "--host", "127.0.0.1"),
            *("--http_port", "{port}", "--enable_grpc", "false", "--model_name", MODEL),
            *("--feature_view", VIEW.name, "--feature_view_version", str(VIEW.version)),
            *("--store", store, "--store_timeout_ms", "5000"),
            *("--predictor_host", self._predictor.url.removeprefix("http://")),
        )
        self._transformer = self._start("transformer", command, "/v2/health/ready")

    def wait_ready(self) -> str:
        """Wait for all servers; return the transformer's address."""
        for server in (self._receiver, self._predictor, self._transformer):
            server.wait_ready()
        return self._transformer.url

    def stop_serving(self) -> None:
        """Stop transformer and predictor; the receiver then has every event of the answered requests."""
        self._transformer.stop()
        self._predictor.stop()

    def _start(
        self, name: str, command: tuple[str, ...], ready_path: str, *outlived_by: ServerProcess
    ) -> ServerProcess:
        log = self._out / f"{name}.log"
        return self.enter_context(ServerProcess(command, log, ready_path, outlived_by))
