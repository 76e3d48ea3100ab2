"""What a receiver takes of memory while the disk is slower than its senders."""

import threading
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
import yaml

from sparkmon.receiver import ReceiverSettings
from tests.support.receiver import Receiver, event_headers
from tests.support.resident import greatest_resident
from tests.support.source import ROOT

MIB = 2**20
BOUND = 512 * MIB
"""What docs/operations.md says for the defaults."""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_a_group_of_large_bodies_is_written_in_parts(tmp_path: Path) -> None:
    count, body = 180, Random(1).randbytes(MIB)  # nearly max_pending_bytes, in one group commit
    statuses: list[int] = []
    sending = threading.Semaphore(16)  # what is not whole may take a quarter of the room
    with Receiver(tmp_path, commit_interval_ms=1000) as receiver:

        def post(number: int) -> None:
            with closing(receiver.connect()) as connection:
                with sending:
                    connection.request("POST", "/", body, dict(event_headers(str(number))))
                statuses.append(connection.getresponse().status)

        senders = [threading.Thread(target=post, args=[number]) for number in range(count)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        assert statuses == [202] * count
        assert receiver.metric("sparkmon_receiver_commit_events_sum") == count
        assert receiver.metric("sparkmon_receiver_commit_seconds_count") >= count / 8
        assert greatest_resident(receiver.process.pid) < BOUND


def test_the_manifest_gives_what_the_defaults_need() -> None:
    assert ReceiverSettings("spool").max_pending_bytes + 320 * MIB == BOUND
    documents = yaml.safe_load_all((ROOT / "examples/kserve/receiver.yaml").read_text())
    (deployment,) = (each for each in documents if each["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert not [arg for arg in container["args"] if arg in ("--pair-seconds", "--max-event-mib")]
    memory = {kind: size["memory"] for kind, size in container["resources"].items()}
    assert memory == {"requests": "512Mi", "limits": "768Mi"}
