"""A disk that is full: what was acknowledged stays, what was not is refused, and with new room all goes on."""

import time
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.faults.accounts import check_account
from tests.faults.job import Place
from tests.faults.report import Report
from tests.faults.small_disk import SmallDisk
from tests.faults.traffic import Traffic
from tests.support.receiver import Receiver, event_headers
from tests.support.spools import read_all

MIB = 2**20


@pytest.mark.faults
def test_a_receiver_on_a_full_disk_refuses_and_loses_nothing_that_it_took(tmp_path: Path) -> None:
    bodies = {number: b'{"instances": [[%d]]}' % number for number in range(300)}
    taken: list[bytes] = []

    def post(number: int) -> int:
        status, headers, said = receiver.post(event_headers(f"n-{number}"), bodies[number])
        if status == 202:
            taken.append(bodies[number])
        else:
            assert (status, said["reason"], headers["retry-after"]) == (503, "spool_full", "5")
        return status

    with SmallDisk(tmp_path / "disk", MIB) as disk:
        with Receiver(disk.path / "spool") as receiver:
            assert {post(number) for number in range(100)} == {202}
            disk.fill()
            # A page that is begun can still be written to its end.
            found = [post(number) for number in range(100, 200)]
            assert found[-50:] == [503] * 50
            assert receiver.health()["status"] == "failing"
            disk.make_room()
            assert {post(number) for number in range(200, 300)} == {202}
            assert receiver.health()["status"] == "ok"
            assert receiver.terminate() == 0
        assert read_all(disk.path / "spool") == taken
    assert 200 <= len(taken) <= 250


@pytest.mark.faults
def test_tables_on_a_full_disk_stop_the_monitor_and_it_goes_on_whole(
    spark: SparkSession, references: Path, tmp_path: Path, report: Report
) -> None:
    traffic = Traffic(42)
    place = Place(tmp_path / "job", references)
    with SmallDisk(place.tables, 24 * MIB) as disk:
        place.log(traffic.hour(0), traffic.hour(1))
        place.run("--available-now")
        room = [600, 250, 90, 40, 0]  # KiB: it ends in different places
        for at, kib in enumerate(room):
            place.log(traffic.hour(2 + at))
            disk.fill(leave_bytes=kib * 1024)
            with place.start("--available-now") as job:
                job.process.wait(400)
                print(f"{kib} KiB left: exit status {job.process.returncode}: {job.said.strip()[-300:]}")
                if job.process.returncode:
                    assert "no space is left on the disk of the tables" in job.said
            disk.make_room()
            time.sleep(0.1)
        place.run("--flush")
        account = check_account(spark, place.tables, traffic.book)
    report.row("disk full at the tables", len(room), traffic.book, account)
