"""What the meter counts, held against what the operating system says of the same work."""

import subprocess
import sys

import pytest

from tests.support.source import ROOT

pytestmark = pytest.mark.slow

# In a process of its own: beside other tests, a JVM and servers would be counted too.
METERED = """
import subprocess, sys, time
from bench.meter import Meter

with Meter() as meter:
    before, began = meter.read(), time.process_time()
    {work}
    after = meter.read()
print(after.cpu_s - before.cpu_s, after.wall_s - before.wall_s)
"""
SPIN = "\n    while time.process_time() < began + 0.5: pass"
CHILD = "subprocess.run([sys.executable, '-c', {code!r}], check=True)"
CHILD_SPINS = CHILD.format(code="import time\nwhile time.process_time() < 0.5: pass")
CHILD_SLEEPS = CHILD.format(code="import time; time.sleep(1)")


@pytest.mark.parametrize(
    ("work", "least", "most"),
    [
        (SPIN, 0.4, 0.7),
        (CHILD_SPINS, 0.35, 0.8),  # up to a tenth of a second is missed
        (CHILD_SLEEPS, -0.1, 0.9),  # what was counted of a child that ended is an estimate
    ],
    ids=["own work", "the work of a child that has ended", "no waiting"],
)
def test_the_meter_counts(work: str, least: float, most: float) -> None:
    command = [sys.executable, "-c", METERED.format(work=work)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    cpu_s, wall_s = map(float, done.stdout.split())
    assert least <= cpu_s < most
    assert wall_s >= 0.4
