"""``monitor.yaml``: what it means, and how its mistakes are reported."""

from pathlib import Path

import pytest

from sparkmon.config import MonitorConfig, read_config
from sparkmon.errors import OptionError
from sparkmon.monitor import Windows
from sparkmon.sources import HopsworksSource, KafkaSource, KServeSource
from tests.support.source import ROOT

LEAST = "source: {format: kserve, path: spool}\nstore: {path: store}\ntables: ./tables\n"


def read(directory: Path, text: str) -> MonitorConfig:
    (directory / "monitor.yaml").write_text(text)
    return read_config(directory / "monitor.yaml")


def refusal(directory: Path, text: str) -> list[str]:
    with pytest.raises(OptionError) as caught:
        read(directory, text)
    return str(caught.value).removeprefix("[SPARKMON_OPTION] ").splitlines()


def test_three_keys_are_enough_and_paths_are_the_files(tmp_path: Path) -> None:
    config = read(tmp_path, LEAST)
    assert isinstance(config.source, KServeSource)
    assert config.source.path == f"{tmp_path}/spool"
    assert (config.store.path, config.tables) == (f"{tmp_path}/store", f"{tmp_path}/tables")
    assert config.progress == f"{tmp_path}/tables/checkpoints"
    assert config.windows == Windows("1 hour", slide=None, delay="10 minutes")
    assert [sink.kind for sink in config.alerting.sinks] == ["console"]


def test_an_idle_stream_can_stay_open_and_open_windows_be_judged(tmp_path: Path) -> None:
    config = read(tmp_path, LEAST)
    assert (config.windows.idle, config.windows.provisional) == ("1 minute", False)
    config = read(tmp_path, LEAST + "windows: {idle: null, provisional: true}\n")
    assert (config.windows.idle, config.windows.provisional) == (None, True)
    assert refusal(tmp_path, LEAST + "windows: {idle: soon}\n")[0].startswith(
        "monitor.yaml, line 4: windows.idle: got 'soon'; expected an interval"
    )


def test_the_example_says_what_it_means() -> None:
    config = read_config(ROOT / "examples" / "monitor.yaml")
    assert isinstance(config.source, KServeSource)
    assert config.source.options == {"maxEventsPerTrigger": "100000"}
    assert config.checks.thresholds == {"psi": 0.1}
    assert config.spark == {"spark.sql.shuffle.partitions": "4"}


def test_urls_absolute_paths_and_schemas_stay_as_they_are(tmp_path: Path) -> None:
    text = (
        "source: {format: kserve, path: s3://bucket/logs, options: {settleSeconds: 5, x: true}}\n"
        "store: {path: /data/store}\ntables: main.monitoring\ncheckpoints: hdfs://name/progress\n"
    )
    config = read(tmp_path, text)
    assert isinstance(config.source, KServeSource)
    assert config.source.path == "s3://bucket/logs"
    assert config.source.options == {"settleSeconds": "5", "x": "true"}
    assert (config.store.path, config.tables) == ("/data/store", "main.monitoring")
    assert config.progress == "hdfs://name/progress"


def test_slices_are_all_of_the_references_or_those_that_are_named(tmp_path: Path) -> None:
    assert read(tmp_path, LEAST).slices is None
    assert read(tmp_path, LEAST + "slices: []").slices == ()
    named = read(tmp_path, LEAST + "slices:\n  - origin\n  - distance > 1000\n")
    assert named.slices == ("origin", "distance > 1000")


def test_kafka_is_named_by_brokers_and_topic(tmp_path: Path) -> None:
    source = "source:\n  format: kafka\n  bootstrap_servers: b:9092\n  topic: inference\n"
    config = read(tmp_path, source + "store: {path: store}\ntables: ./tables\n")
    assert isinstance(config.source, KafkaSource)
    assert (config.source.bootstrap_servers, config.source.topic) == ("b:9092", "inference")


def test_hopsworks_log_is_a_topic_too(tmp_path: Path) -> None:
    source = "source: {format: hopsworks, bootstrap_servers: b:9092, topic: t, schema_version: 4}\n"
    config = read(tmp_path, source + "store: {path: store}\ntables: ./tables\n")
    assert isinstance(config.source, HopsworksSource)
    assert (config.source.schema_version, config.source.time_unit) == (4, "auto")
    assert config.source.description == "the topic t of b:9092"
    with pytest.raises(OptionError, match=r"source\.schema_version: got 5; expected 1, 2, 3 or 4"):
        read(tmp_path, source.replace("n: 4", "n: 5") + "store: {path: s}\ntables: ./t\n")
    with pytest.raises(OptionError, match=r"line 1: source\.topic is missing; expected the topic"):
        read(tmp_path, source.replace("topic: t, ", "") + "store: {path: s}\ntables: ./t\n")


def test_an_environment_variable_replaces_part_of_a_value_and_has_to_be_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUCKET", "logs: {a: [")
    monkeypatch.delenv("ABSENT", raising=False)
    assert read(tmp_path, LEAST + "reference: ${BUCKET}-1\n").reference == "logs: {a: [-1"
    assert refusal(tmp_path, LEAST + "reference: ${ABSENT}\n") == [
        "monitor.yaml, line 4: the environment variable 'ABSENT' is not set; set it, or write the value in its place"
    ]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (LEAST + "windws: {}", 4, "got the unknown key 'windws'; did you mean 'windows'?"),
        (LEAST + "windows:\n  lenght: 1 day", 5, "key 'windows.lenght'; did you mean 'length'?"),
        (LEAST + "windows:\n  length: 1 month", 5, "windows.length: got '1 month'; expected an interval such as"),
        (LEAST + "windows: {length: 0 hours}", 4, "got '0 hours'; expected an interval longer than 0"),
        (LEAST + "windows:\n  length: 1 hour\n  slide: 2 hours", 6, "at most the window's length, 1:00"),
        (LEAST + "windows: {delay: 5}", 4, "windows.delay: got 5; expected text"),
        (
            LEAST + "checks:\n  statistics:\n  - ks\n  - psy",
            7,
            "checks.statistics.1: got 'psy'; expected one of chi2, count",
        ),
        (LEAST + "slices: origin", 4, "slices: got 'origin'; expected a list"),
        (
            LEAST + "checks: {statistics: []}",
            4,
            "checks.statistics: the option 'statistics' is missing; set it to one or more of chi2",
        ),
        (LEAST + "checks:\n  thresholds:\n    psi: much", 6, "checks.thresholds.psi: got 'much'; expected a number"),
        (LEAST + "checks:\n  thresholds:\n    psi: -0.1", 6, "got -0.1; expected a number of 0 or more"),
        (LEAST + "checks:\n  statistics: [ks]\n  thresholds: {psi: 1}", 6, "'psi', which is not compared"),
        (LEAST + "alerting:\n  sinks:\n  - sink: pager", 6, "alerting.sinks.0.sink: got 'pager'; expected alertm"),
        (LEAST + "spark: {a: [1]}", 4, "spark.a: got [1]; expected text"),
        (
            LEAST.replace("kserve", "kserv"),
            1,
            "source.format: got 'kserv'; expected data-capture, hopsworks, inference-table, kafka or kserve",
        ),
        (LEAST.replace("path: spool", "topic: t"), 1, "source.path is missing; expected the dir"),
        (LEAST.replace("format: kserve, ", ""), 1, "source.format is missing"),
        (LEAST.replace("./tables", "schema"), 1, "expected checkpoints, a directory, because tables"),
        (LEAST + "tables: ./other", 4, "got the key 'tables' twice"),
        (LEAST + "reference: &w day\ncheckpoints: *w", 5, "got an alias"),
        (LEAST + "spark: " + "[" * 5000, 4, "more than 8 levels"),
        (LEAST + "reference: !!python/name:os.system", 4, "got the tag 'tag:yaml.org,2002:python/name"),
        (LEAST + "reference: !!timestamp x", 4, "got the tag 'tag:yaml.org,2002:timestamp'"),
        (LEAST + "reference: !!str day", 4, "got the tag"),
        (LEAST + "reference: [", 4, "got no YAML"),
    ],
)
def test_a_mistake_is_reported_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    lines = refusal(tmp_path, text)
    assert any(each.startswith(f"monitor.yaml, line {line}: ") and said in each for each in lines), lines


def test_all_mistakes_are_reported_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "source: {format: kafka, topic: t}\nstore: store\ntables: ./t\nwindows: {length: soon}\n"
    lines = refusal(tmp_path, text)
    assert [each.split(" ")[2] for each in lines] == ["1:", "2:", "4:"]
    assert "source.bootstrap_servers is missing" in lines[0]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "- a\n", "words", "a: 2026-13-01", "a: \x01"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    (mistake, *_) = refusal(tmp_path, text)
    assert "expected keys with values, at least source, store, tables" in mistake or "got no YAML" in mistake
    assert ("got an empty file" in mistake) == (text in ("", "# nothing yet\n"))


def test_files_that_are_not_there_too_large_or_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"No such file .*expected the path of a monitor.yaml"):
        read_config(tmp_path / "absent.yaml")
    (tmp_path / "large.yaml").write_text("#" * 65537)
    with pytest.raises(OptionError, match="more than 65536 bytes"):
        read_config(tmp_path / "large.yaml")
    (tmp_path / "latin.yaml").write_bytes("tables: ./\xe4".encode("latin-1"))
    with pytest.raises(OptionError, match="no UTF-8"):
        read_config(tmp_path / "latin.yaml")


def test_a_store_may_be_a_url_and_rates_and_views_are_read(tmp_path: Path) -> None:
    text = LEAST.replace("{path: store}", '{path: "mysql://reader@db.example/fraud"}')
    config = read(tmp_path, text + "checks: {rates: {stale_rate: 0.2}}\nviews: {fraud: cards:2}\n")
    assert repr(config.store.open()) == "SqlStore('mysql://reader@db.example:3306/fraud')"
    assert (config.checks.rates, config.views) == ({"stale_rate": 0.2}, {"fraud": "cards:2"})
    (mistake,) = refusal(tmp_path, LEAST + "checks: {rates: {stale: 0.2}}\n")
    assert "line 4" in mistake
    assert "known options are dead_letter_rate, missing_key_rate, outlier_rate, skew_rate, stale_rate" in mistake
