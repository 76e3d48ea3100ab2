"""``alerting`` in ``monitor.yaml``: each sink, where its secrets are held, and how mistakes are reported."""

from datetime import timedelta
from pathlib import Path

import pytest

from sparkmon.config import MonitorConfig, read_config
from sparkmon.errors import OptionError
from sparkmon.sinks import SINKS, AlertSink, Notification, Secret, TeamsSink, register_sink

LEAST = "source: {format: kserve, path: spool}\nstore: {path: store}\ntables: ./tables\nalerting:\n  sinks:\n"
ALL = """\
  - sink: console
  - sink: log
    name: audit
    logger: alerts
  - sink: webhook
    url: https://example.com/hook
    secret: {env: SIGNING}
    bearer: {file: secrets/token}
    allowed_hosts: [example.com]
    timeout_s: 5
  - sink: slack
    url: {env: SLACK_URL}
  - {sink: teams, url: {file: /run/secrets/teams}}
  - sink: alertmanager
    url: http://alertmanager.monitoring.svc:9093
    resolve_timeout: 2 days
  - sink: kafka
    bootstrap_servers: broker:9092
    topic: alerts
    mode: structured
    settings:
      security.protocol: SASL_SSL
      enable.ssl.certificate.verification: true
      socket.timeout.ms: 1000
      sasl.password: {env: KAFKA_PASSWORD}
  - sink: email
    host: mail.example.com
    sender: sparkmon@example.com
    recipients: [ann@example.com]
    username: sparkmon
    password: {env: MAIL_PASSWORD}
  - {sink: hopsworks, path: results.jsonl, config_id: 32}
"""


def read(directory: Path, alerts: str) -> MonitorConfig:
    (directory / "monitor.yaml").write_text(LEAST + alerts)
    return read_config(directory / "monitor.yaml")


def refusal(directory: Path, alerts: str) -> list[str]:
    with pytest.raises(OptionError) as caught:
        read(directory, alerts)
    shown = f"{caught.value} {caught.value.__cause__!s} {caught.value.__cause__!r}"
    assert "hunter2" not in shown
    return str(caught.value).removeprefix("[SPARKMON_OPTION] ").splitlines()


def test_every_sink_can_be_named_and_made(tmp_path: Path) -> None:
    config = read(tmp_path, ALL)
    sinks = config.alerting.sinks
    assert all(isinstance(each, AlertSink) for each in sinks)
    assert [each.name for each in sinks] == [
        *("console", "audit", "webhook", "slack", "teams", "alertmanager", "kafka", "email"),
        "hopsworks",
    ]


def test_secrets_are_places_and_paths_are_the_files(tmp_path: Path) -> None:
    shown = repr(read(tmp_path, ALL))
    assert f"bearer=Secret(file='{tmp_path}/secrets/token')" in shown
    sink = read(tmp_path, ALL).alerting.sinks[4]
    assert isinstance(sink, TeamsSink)
    assert sink.url == Secret(file="/run/secrets/teams")
    assert "'sasl.password': Secret(env='KAFKA_PASSWORD')" in shown
    assert "'enable.ssl.certificate.verification': 'true', 'socket.timeout.ms': '1000'" in shown
    assert f"path='{tmp_path}/results.jsonl'" in shown


def test_routes_name_sinks_of_the_file(tmp_path: Path) -> None:
    route = "  policy:\n    routes:\n    - {severity: critical, sinks: [pager]}\n"
    assert read(tmp_path, "  - {sink: log, name: pager}\n" + route).alerting.policy.routes[0].sinks == ("pager",)
    with pytest.raises(OptionError, match="got a route to 'pager', which is no sink; expected log"):
        read(tmp_path, "  - sink: log\n" + route)
    with pytest.raises(OptionError, match="got two sinks named 'log'"):
        read(tmp_path, "  - sink: log\n  - sink: log\n")


def test_an_alertmanager_resolves_no_alert_before_its_reminder(tmp_path: Path) -> None:
    short = "  - {sink: alertmanager, url: 'http://alertmanager:9093', resolve_timeout: 1 day}\n"
    with pytest.raises(OptionError, match="got resolve_timeout 1 day for the sink 'alertmanager'"):
        read(tmp_path, short)
    read(tmp_path, short + "  policy: {repeat_interval: 12 hours}\n")


PLACE = "expected {env: NAME} or {file: PATH}, which name the place where it is held"


@pytest.mark.parametrize(
    ("alerts", "line", "said"),
    [
        ("  - sink: pager", 6, "alerting.sinks.0.sink: got 'pager'; expected alertmanager, console, email"),
        ("  - {}", 6, "alerting.sinks.0.sink is missing; expected alertmanager"),
        ("  - console", 6, "alerting.sinks.0: got 'console'; expected keys with values"),
        ("    sink: slack\n    url: hunter2", 5, "alerting.sinks: got keys with values; expected a list"),
        ("  - sink: slack", 6, "alerting.sinks.0.url is missing; expected the webhook's URL"),
        (
            "  - sink: slack\n    url: https://hunter2",
            7,
            f"alerting.sinks.0.url: got a text that is no place of a secret; {PLACE}",
        ),
        (
            "  - sink: slack\n    url: {text: hunter2}",
            7,
            f"alerting.sinks.0.url: got a value that is no place of a secret; {PLACE}",
        ),
        ("  - sink: slack\n    url: {env: A, file: hunter2}", 7, PLACE),
        ("  - sink: slack\n    url: {env: ''}", 7, PLACE),
        ("  - sink: console\n  - sink: slack\n    url: [hunter2]", 8, "alerting.sinks.1.url: got a value"),
        (
            "  - sink: webhook\n    url: https://ann:hunter2@example.com",
            7,
            "alerting.sinks.0.url: got a url with a user in it",
        ),
        ("  - sink: webhook\n    url: ftp://example.com/hunter2", 7, "alerting.sinks.0.url: got a url that is invalid"),
        (
            "  - sink: webhook\n    url: http://h/\n    secret: hunter2",
            8,
            f"alerting.sinks.0.secret: got a text that is no place of a secret; {PLACE}",
        ),
        (
            "  - sink: webhook\n    url: http://h/\n    token: hunter2",
            8,
            "got the unknown key 'alerting.sinks.0.token'; expected allowed_hosts, bearer, name",
        ),
        (
            "  - sink: webhook\n    url: http://h/\n    secrt: hunter2",
            8,
            "unknown key 'alerting.sinks.0.secrt'; did you mean 'secret'?",
        ),
        (
            "  - sink: webhook\n    url: http://h/\n    timeout_s: 0",
            8,
            "alerting.sinks.0.timeout_s: got 0; expected seconds above 0, at most 300",
        ),
        (
            "  - sink: webhook\n    url: http://h/\n    timeout_s: 301",
            8,
            "alerting.sinks.0.timeout_s: got 301; expected seconds above 0, at most 300",
        ),
        (
            "  - sink: webhook\n    url: http://h/\n    timeout_s: .nan",
            8,
            "alerting.sinks.0.timeout_s: got nan; expected",
        ),
        (
            "  - sink: webhook\n    url: http://h/\n    allowed_hosts: [g]",
            7,
            "alerting.sinks.0.url: got a url with a host that is not in allowed_hosts",
        ),
        (
            "  - sink: alertmanager\n    url: http://h/\n    resolve_timeout: soon",
            8,
            "alerting.sinks.0.resolve_timeout: got 'soon'; expected an interval",
        ),
        (
            "  - sink: alertmanager\n    url: http://h/\n    resolve_timeout: 0 days",
            8,
            "got '0 days'; expected an interval above 0",
        ),
        ("  - sink: console\n    name: ''", 7, "alerting.sinks.0.name: got ''; expected some text"),
        ('  - sink: console\n    name: "a\\nb"', 7, "expected 1 to 100 printable characters"),
        (
            "  - sink: kafka\n    bootstrap_servers: b\n    topic: t\n    settings: {sasl.password: hunter2}",
            6,
            "alerting.sinks.0: got the setting 'sasl.password' in plain text; expected a Secret",
        ),
        (
            "  - sink: kafka\n    bootstrap_servers: b\n    topic: t\n    settings: {a: [hunter2]}",
            9,
            "alerting.sinks.0.settings.a: got a value that is no place",
        ),
        (
            "  - sink: kafka\n    bootstrap_servers: b\n    topic: t\n    mode: both",
            9,
            "alerting.sinks.0.mode: got 'both'; expected binary or structured",
        ),
        (
            "  - sink: email\n    host: h\n    sender: a@b\n    recipients: []",
            9,
            "alerting.sinks.0.recipients: got a list; expected a list of 1 to 100 addresses",
        ),
        (
            "  - sink: email\n    host: h\n    sender: a@b\n    recipients: [c]",
            6,
            "alerting.sinks.0: got address='c'; expected one such as",
        ),
        (
            "  - sink: email\n    host: h\n    sender: a@b\n    recipients: [c@d]\n    port: 70000",
            10,
            "alerting.sinks.0.port: got 70000; expected 1 to 65535",
        ),
        (
            "  - sink: email\n    host: h\n    sender: a@b\n    recipients: [c@d]\n    port: smtp",
            10,
            "alerting.sinks.0.port: got 'smtp'; expected a whole number: the port",
        ),
        (
            "  - sink: email\n    host: h\n    sender: a@b\n    recipients: [c@d]\n    password: hunter2",
            10,
            "alerting.sinks.0.password: got a text that is no place",
        ),
        ("  - sink: hopsworks\n    path: ''", 7, "alerting.sinks.0.path: got ''; expected a path"),
    ],
)
def test_a_mistake_is_reported_with_its_line(tmp_path: Path, alerts: str, line: int, said: str) -> None:
    lines = refusal(tmp_path, alerts + "\n")
    assert any(each.startswith(f"monitor.yaml, line {line}: ") and said in each for each in lines), lines


def test_mistakes_of_several_sinks_are_reported_together(tmp_path: Path) -> None:
    lines = refusal(tmp_path, "  - sink: log\n    loger: x\n  - {sink: teams, url: hunter2}\n  - sink: x\n")
    assert [each.split(" ")[2] for each in lines] == ["7:", "8:", "9:"]


def test_a_registered_sink_can_be_named_and_its_constructor_gives_the_keys(tmp_path: Path) -> None:
    @register_sink
    class PagerSink(AlertSink):
        """Calls a number.

        Parameters
        ----------
        number : str
            The number to call.
        wait : timedelta
            The pause between two calls.
        name : str, optional
            The name.
        """

        kind = "pager"

        def __init__(self, number: str, *, wait: timedelta = timedelta(hours=1), name: str | None = None) -> None:
            super().__init__(name)
            self.number, self.wait = number, wait

        def deliver(self, notification: Notification) -> None: ...

    try:
        (sink,) = read(tmp_path, "  - {sink: pager, number: '112', wait: 2 hours}").alerting.sinks
        assert isinstance(sink, PagerSink)
        assert (sink.name, sink.number, sink.wait) == ("pager", "112", timedelta(hours=2))
        assert (
            "alerting.sinks.0.number is missing; expected the number to call"
            in (refusal(tmp_path, "  - sink: pager")[0])
        )
    finally:
        SINKS.remove("pager")
    assert "got 'pager'; expected" in refusal(tmp_path, "  - {sink: pager, number: '112'}")[0]
