"""What the meter counts, held against what the operating system says of the same work."""

from __future__ import annotations

import subprocess
import sys
import time

from bench.meter import Meter

SPIN = "import time\nwhile time.process_time() < 0.5: pass"


def test_the_meter_counts_the_work_of_this_process() -> None:
    with Meter() as meter:
        before, began = meter.read(), time.process_time()
        while time.process_time() < began + 0.5:
            pass
        after = meter.read()
    assert 0.4 < after.cpu_s - before.cpu_s < 0.7
    assert after.wall_s - before.wall_s >= 0.4


def test_the_meter_counts_a_child_that_has_ended() -> None:
    with Meter() as meter:
        before = meter.read()
        subprocess.run([sys.executable, "-c", SPIN], check=True)
        after = meter.read()
    assert 0.35 < after.cpu_s - before.cpu_s < 0.8  # up to a tenth of a second is missed


def test_the_meter_does_not_count_waiting() -> None:
    with Meter() as meter:
        before = meter.read()
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.5)"], check=True)
        after = meter.read()
    assert after.wall_s - before.wall_s >= 0.5
    assert after.cpu_s - before.cpu_s < 0.3
