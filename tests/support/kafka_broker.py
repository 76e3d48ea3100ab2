"""A real Kafka for the tests: one node, KRaft, loopback only, its data in a folder of its own."""

import base64
import os
import subprocess
import time
import uuid
from pathlib import Path
from types import TracebackType

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.support.ports import free_ports

__all__ = ["KafkaBroker"]

READY_WITHIN = 120.0
"""Seconds a broker may take to answer; 3 to 10 are usual on two busy cores."""
TRIES = 3
"""How often new ports are taken when somebody else was quicker."""

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
log.cleaner.enable=false
# Tests send events of weeks ago, which a broker removes after half a minute by default.
log.retention.ms=-1
num.io.threads=2
num.network.threads=2
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
"""

LOGGING = """\
Configuration:
  Appenders:
    Console: {name: OUT, target: SYSTEM_OUT, PatternLayout: {pattern: "%d %p %c - %m%n"}}
  Loggers:
    Root: {level: WARN, AppenderRef: [{ref: OUT}]}
"""


class KafkaBroker:
    """One broker, running between ``with`` and its end.

    Parameters
    ----------
    jars : Path
        Folder of the broker's jars; ``make test`` fetches them.
    folder : Path
        An empty folder for settings, data and ``broker.log``.
    """

    bootstrap: str
    """``host:port`` for ``bootstrap.servers``, once started."""

    def __init__(self, jars: Path, folder: Path) -> None:
        paths = sorted(str(jar) for jar in jars.glob("*.jar"))
        if not paths:
            message = f"no Kafka jars in {jars}; run: make build/kafka/.fetched"
            raise FileNotFoundError(message)
        home = os.environ.get("JAVA_HOME")
        java = str(Path(home) / "bin" / "java") if home else "java"
        logging = folder / "log4j2.yaml"
        logging.write_text(LOGGING)
        # The first compiler alone and the plainest collector: half the start-up of the defaults.
        self._java = [java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx384m"]
        self._java += [f"-Dlog4j2.configurationFile={logging}", "-cp", os.pathsep.join(paths)]
        self._settings = folder / "server.properties"
        self._data = folder / "data"
        self._log = folder / "broker.log"

    def __enter__(self) -> "KafkaBroker":
        for _ in range(TRIES):
            self._begin()
            if self._answers():
                return self
            self.stop()
        raise RuntimeError(f"Kafka did not start; it said:\n{self._log.read_text()[-3000:]}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it again after :meth:`stop` or :meth:`kill`, on the same data and port."""
        self._serve()
        if not self._answers():
            raise RuntimeError(f"Kafka did not start; it said:\n{self._log.read_text()[-3000:]}")

    def stop(self) -> None:
        """Stop it in order."""
        self._process.terminate()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill it, as a lost node does."""
        self._process.kill()
        self._process.wait()

    def _begin(self) -> None:
        broker, controller = free_ports(2)
        self.bootstrap = f"127.0.0.1:{broker}"
        text = PROPERTIES.format(broker=broker, controller=controller, data=self._data)
        self._settings.write_text(text)
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        form = ["kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", cluster]
        formatting = [*self._java, *form, "-c", str(self._settings)]
        with self._log.open("ab") as log:
            # A failure here lets the broker die too, and the log then tells of both.
            subprocess.run(formatting, stdout=log, stderr=subprocess.STDOUT, check=False)
        self._serve()

    def _serve(self) -> None:
        serving = [*self._java, "kafka.Kafka", str(self._settings)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(serving, stdout=log, stderr=subprocess.STDOUT)

    def _answers(self) -> bool:
        """Wait until the broker lists its topics; False if it died or the time is up."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        end = time.monotonic() + READY_WITHIN
        while self._process.poll() is None and time.monotonic() < end:
            try:
                return bool(admin.list_topics(timeout=2.0).brokers)
            except KafkaException:
                continue
        return False
