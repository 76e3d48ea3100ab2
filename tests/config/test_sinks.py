"""``alerts`` in ``monitor.yaml``: each sink, where its secrets are held, and how mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkmon.config import MonitorConfig, read_config
from sparkmon.errors import OptionError
from sparkmon.sinks import AlertSink

LEAST = "source: {format: kserve, path: spool}\nstore: {path: store}\ntables: ./tables\nalerts:\n"
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
    made = [each.open() for each in config.alerts]
    assert all(isinstance(each, AlertSink) for each in made)
    assert [each.name for each in made] == [
        *("console", "audit", "webhook", "slack", "teams", "alertmanager", "kafka", "email"),
        "hopsworks",
    ]


def test_secrets_are_places_and_paths_are_the_files(tmp_path: Path) -> None:
    shown = repr(read(tmp_path, ALL))
    assert f"bearer=Secret(file='{tmp_path}/secrets/token')" in shown
    assert "url=Secret(file='/run/secrets/teams')" in shown
    assert "'sasl.password': Secret(env='KAFKA_PASSWORD')" in shown
    assert "'enable.ssl.certificate.verification': 'true', 'socket.timeout.ms': '1000'" in shown
    assert f"path='{tmp_path}/results.jsonl'" in shown


def test_routes_name_sinks_of_the_file(tmp_path: Path) -> None:
    route = "policy:\n  routes:\n    - {severity: critical, sinks: [pager]}\n"
    assert read(tmp_path, "  - {sink: log, name: pager}\n" + route).policy.routes[0].sinks == (
        "pager",
    )
    with pytest.raises(OptionError, match="got a route to 'pager', which is no sink; expected log"):
        read(tmp_path, "  - sink: log\n" + route)
    with pytest.raises(OptionError, match="got two sinks named 'log'"):
        read(tmp_path, "  - sink: log\n  - sink: log\n")


def test_an_alert_does_not_end_in_an_alertmanager_before_it_is_told_again(tmp_path: Path) -> None:
    short = "  - {sink: alertmanager, url: 'http://alertmanager:9093', resolve_timeout: 1 day}\n"
    with pytest.raises(
        OptionError, match="got resolve_timeout 1 day, 0:00:00 for the sink 'alertmanager'"
    ):
        read(tmp_path, short)
    read(tmp_path, short + "policy: {repeat_interval: 12 hours}\n")


PLACE = "expected {env: NAME} or {file: PATH}, which say where it is held"


@pytest.mark.parametrize(
    ("alerts", "line", "said"),
    [
        ("  - sink: pager", 5, "alerts.0.sink: got 'pager'; expected console, log, webhook, slack"),
        ("  - {}", 5, "alerts.0.sink is missing; expected console"),
        ("  - console", 5, "alerts.0: got 'console'; expected keys with values"),
        ("  sink: slack\n  url: hunter2", 4, "alerts: got keys with values; expected a list"),
        ("  - sink: slack", 5, "alerts.0.url is missing; expected where the URL is held: {env"),
        (
            "  - sink: slack\n    url: https://hunter2",
            6,
            f"alerts.0.url: got a text that is no place of a secret; {PLACE}",
        ),
        (
            "  - sink: slack\n    url: {text: hunter2}",
            6,
            f"alerts.0.url: got a value that is no place of a secret; {PLACE}",
        ),
        ("  - sink: slack\n    url: {env: A, file: hunter2}", 6, PLACE),
        ("  - sink: slack\n    url: {env: ''}", 6, PLACE),
        ("  - sink: console\n  - sink: slack\n    url: [hunter2]", 7, "alerts.1.url: got a value"),
        (
            "  - sink: webhook\n    url: https://ann:hunter2@example.com",
            6,
            "alerts.0.url: got a url with a user in it",
        ),
        (
            "  - sink: webhook\n    url: ftp://example.com/hunter2",
            6,
            "alerts.0.url: got a url that is none",
        ),
        (
            "  - sink: webhook\n    url: http://h/\n    secret: hunter2",
            7,
            f"alerts.0.secret: got a text that is no place of a secret; {PLACE}",
        ),
        (
            "  - sink: webhook\n    url: http://h/\n    token: hunter2",
            7,
            "got the unknown key 'alerts.0.token'; expected allowed_hosts, bearer, name",
        ),
        (
            "  - sink: webhook\n    url: http://h/\n    secrt: hunter2",
            7,
            "unknown key 'alerts.0.secrt'; did you mean 'secret'?",
        ),
        (
            "  - sink: webhook\n    url: http://h/\n    timeout_s: 0",
            7,
            "alerts.0.timeout_s: got 0; expected a number above 0",
        ),
        (
            "  - sink: webhook\n    url: http://h/\n    timeout_s: 301",
            7,
            "alerts.0.timeout_s: got 301; expected a number of at most 300: seconds",
        ),
        (
            "  - sink: webhook\n    url: http://h/\n    timeout_s: .nan",
            7,
            "alerts.0.timeout_s: got nan; expected",
        ),
        (
            "  - sink: webhook\n    url: http://h/\n    allowed_hosts: [g]",
            5,
            "alerts.0: got a url with a host that is not in allowed_hosts",
        ),
        (
            "  - sink: alertmanager\n    url: http://h/\n    resolve_timeout: soon",
            7,
            "alerts.0.resolve_timeout: got 'soon'; expected an interval",
        ),
        (
            "  - sink: alertmanager\n    url: http://h/\n    resolve_timeout: 0 days",
            5,
            "expected an interval above 0",
        ),
        ("  - sink: console\n    name: ''", 6, "alerts.0.name: got ''; expected some text"),
        ('  - sink: console\n    name: "a\\nb"', 6, "expected 1 to 100 printable characters"),
        (
            "  - sink: kafka\n    bootstrap_servers: b\n    topic: t\n    settings: {sasl.password: hunter2}",
            5,
            "alerts.0: got the setting 'sasl.password' in plain text; expected a Secret",
        ),
        (
            "  - sink: kafka\n    bootstrap_servers: b\n    topic: t\n    settings: {a: [hunter2]}",
            8,
            "alerts.0.settings.a: got a value that is no place",
        ),
        (
            "  - sink: kafka\n    bootstrap_servers: b\n    topic: t\n    mode: both",
            8,
            "alerts.0.mode: got 'both'; expected binary or structured",
        ),
        (
            "  - sink: email\n    host: h\n    sender: a@b\n    recipients: []",
            8,
            "alerts.0.recipients: got a list; expected at least one: a list of addresses",
        ),
        (
            "  - sink: email\n    host: h\n    sender: a@b\n    recipients: [c]",
            5,
            "alerts.0: got address='c'; expected one such as",
        ),
        (
            "  - sink: email\n    host: h\n    sender: a@b\n    recipients: [c@d]\n    port: 70000",
            9,
            "alerts.0.port: got 70000; expected a number of at most 65535",
        ),
        (
            "  - sink: email\n    host: h\n    sender: a@b\n    recipients: [c@d]\n    port: smtp",
            9,
            "alerts.0.port: got 'smtp'; expected a whole number: a port",
        ),
        (
            "  - sink: email\n    host: h\n    sender: a@b\n    recipients: [c@d]\n    password: hunter2",
            9,
            "alerts.0.password: got a text that is no place",
        ),
        ("  - sink: hopsworks\n    path: ''", 6, "alerts.0.path: got ''; expected a path"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, alerts: str, line: int, said: str) -> None:
    told = refusal(tmp_path, alerts + "\n")
    assert any(each.startswith(f"monitor.yaml, line {line}: ") and said in each for each in told), (
        told
    )


def test_mistakes_of_several_sinks_are_told_together(tmp_path: Path) -> None:
    told = refusal(
        tmp_path, "  - sink: log\n    loger: x\n  - {sink: teams, url: hunter2}\n  - sink: x\n"
    )
    assert [each.split(" ")[2] for each in told] == ["6:", "7:", "8:"]
