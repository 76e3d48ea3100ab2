"""Which packages a sink needs, and that others do without."""

import subprocess
import sys

import pytest

from tests.support.source import ROOT

ABSENT = """
import sys
sys.modules.update(dict.fromkeys(["httpx", "httpcore", "confluent_kafka"]))
from sparkmon.errors import MissingExtraError
from sparkmon.sinks import *
try:
    {made}
except MissingExtraError as error:
    print(error)
"""


def said(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout


def test_importing_the_room_loads_no_client() -> None:
    code = "import sys, sparkmon.sinks; print({'httpx', 'confluent_kafka'} & set(sys.modules))"
    assert said(code) == "set()\n"


@pytest.mark.parametrize(
    "made", ["ConsoleSink(), LogSink()", "EmailSink('h', 'a@b', ['c@d'])", "HopsworksResultSink('r')"]
)
def test_sinks_of_the_standard_library_need_none(made: str) -> None:
    assert said(ABSENT.format(made=made)) == ""


@pytest.mark.parametrize(
    ("made", "package", "extra"),
    [
        ("WebhookSink('https://example.com')", "httpx", "sinks"),
        ("SlackSink(Secret(env='X'))", "httpx", "sinks"),
        ("KafkaSink('b:9092', 't')", "confluent-kafka", "kafka"),
    ],
)
def test_a_missing_package_is_reported_with_its_extra(made: str, package: str, extra: str) -> None:
    told = said(ABSENT.format(made=made))
    assert f"{package} is not installed; run: pip install 'sparkmon-kserve[{extra}]'" in told
