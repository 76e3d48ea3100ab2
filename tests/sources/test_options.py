"""Options of the data source: read whatever their case, refused with what was expected."""

from pathlib import Path

import pytest

from sparkmon.errors import OptionError
from sparkmon.records import Feature, ModelSchema
from sparkmon.sources.options import InferenceLogOptions


def test_defaults_are_the_documented_ones(tmp_path: Path) -> None:
    options = InferenceLogOptions.parse({"path": str(tmp_path)})
    assert options == InferenceLogOptions(
        path=str(tmp_path),
        format="spool",
        output="events",
        max_events_per_trigger=None,
        starting_offset="earliest",
        partition_bytes=16777216,
        settle_seconds=2.0,
        schemas={},
    )


def test_names_are_matched_in_any_case(tmp_path: Path) -> None:
    told = {"PATH": str(tmp_path), "maxeventspertrigger": "7", "STARTINGOFFSET": "Latest"}
    options = InferenceLogOptions.parse({**told, "partitionBytes": "9", "settleSeconds": "0.5"})
    assert (options.max_events_per_trigger, options.starting_offset) == (7, "latest")
    assert (options.partition_bytes, options.settle_seconds) == (9, 0.5)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("format", "avro", "expected auto, spool, objects"),
        ("output", "row", "expected events, rows"),
        ("startingOffset", "0", "expected earliest, latest"),
        ("maxEventsPerTrigger", "0", "expected a whole number above 0"),
        ("maxEventsPerTrigger", "1e3", "expected a whole number above 0"),
        ("partitionBytes", "-1", "expected a whole number above 0"),
        ("partitionBytes", "16m", "expected a whole number above 0"),
        ("settleSeconds", "-1", "expected a number of seconds"),
        ("settleSeconds", "nan", "expected a number of seconds"),
        ("reader", "../x", "expected 1 to 64 of A-Z, a-z, 0-9, - and _"),
        ("schemas", "iris", "expected a JSON object"),
        ("schemas", '["iris"]', "expected a JSON object"),
        ("schemas", '{"iris": {"labels": []}}', "expected a JSON object"),
        ("schemas", '{"iris": {"features": [["a"]]}}', "expected a JSON object"),
        ("schemas", '{"iris": {"features": [["a", "text"]]}}', "expected a JSON object"),
        ("schemas", '{"iris": {"features": [[1, "numeric"]]}}', "expected a JSON object"),
    ],
)
def test_a_malformed_value_is_refused(tmp_path: Path, name: str, value: str, expected: str) -> None:
    with pytest.raises(OptionError) as caught:
        InferenceLogOptions.parse({"path": str(tmp_path), name.lower(): value})
    assert f"[SPARKMON_OPTION] got {name}=" in str(caught.value)
    assert expected in str(caught.value)


def test_an_unknown_option_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    known = "format, maxEventsPerTrigger, output, partitionBytes, path, reader, schemas"
    known = f"{known}, settleSeconds, startingOffset"
    with pytest.raises(OptionError, match=f"'maxfiles'; known options are {known}"):
        InferenceLogOptions.parse({"path": str(tmp_path), "maxFiles": "1"})


def test_a_path_must_be_given_and_be_a_directory(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="'path' is missing"):
        InferenceLogOptions.parse({})
    for path in (str(tmp_path / "absent"), (tmp_path / "absent").as_uri()):
        with pytest.raises(OptionError, match="expected a directory that exists"):
            InferenceLogOptions.parse({"path": path})
    with pytest.raises(OptionError, match=r"got path='ftp://\*\*\*@host/x'; expected .*s3, gs"):
        InferenceLogOptions.parse({"path": "ftp://user:secret@host/x"})


def test_auto_finds_out_what_the_directory_holds(tmp_path: Path) -> None:
    def found() -> str:
        return InferenceLogOptions.parse({"path": tmp_path.as_uri()}).format

    assert found() == "spool"
    (tmp_path / "spool.lock").touch()
    (tmp_path / "default.committed").touch()
    assert found() == "spool"
    (tmp_path / "demo" / "iris").mkdir(parents=True)
    (tmp_path / "demo" / "iris" / "readme.txt").touch()
    with pytest.raises(OptionError, match="set format to spool or objects"):
        found()
    (tmp_path / "demo" / "iris" / "1-request.json").touch()
    assert found() == "objects"
    (tmp_path / "000000000000.spool").touch()
    assert found() == "spool"


def test_schemas_name_and_type_the_columns_of_models(tmp_path: Path) -> None:
    text = '{"iris": {"features": [["a", "numeric"], ["b", "categorical"]]}, "x": {}}'
    options = InferenceLogOptions.parse({"path": str(tmp_path), "schemas": text})
    columns = (Feature("a", "numeric"), Feature("b", "categorical"))
    assert options.schemas == {"iris": ModelSchema("iris", columns), "x": ModelSchema("x")}
