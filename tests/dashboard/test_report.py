"""Reports: the same content in three formats, and names as text in each."""

import json
import re
from datetime import timedelta

import pytest

from sparkmon.dashboard.report import make_report, render_report
from sparkmon.errors import OptionError
from sparkmon.store import open_store
from tests.support.watched import FAULT_WINDOW, HOSTILE, WINDOWS, Watched


@pytest.mark.slow
def test_a_report_says_what_changed_and_what_is_fine(watched: Watched) -> None:
    report = make_report(watched.open(), model="flights")
    (summary,) = report.summaries
    (change,) = summary.changes
    assert (change.column_name, change.windows, change.is_over) == ("temp", WINDOWS - FAULT_WINDOW, True)
    assert change.first_time == watched.end - timedelta(hours=WINDOWS - FAULT_WINDOW - 1)
    assert change.excess > 10
    assert "among all tests of the window" in change.explanation
    assert (summary.fine, summary.unjudged, summary.windows) == (("humid",), (), WINDOWS)
    early = make_report(watched.open(), model="flights", span=timedelta(hours=2))
    assert early.summaries[0].windows == 3
    assert [name for name, _ in report.figures["flights"]] == ["Columns by windows", "range_rate over time"]


@pytest.mark.slow
def test_html_is_one_file_that_loads_nothing(watched: Watched) -> None:
    references = open_store(watched.store).read_references()
    text = render_report(make_report(watched.open(), references=references), "html")
    assert len(text.encode()) < 6_000_000
    outside = re.sub(r"<script>.*?</script>", "", text, flags=re.S)
    assert not re.search(r"(?:src|href)=\"", outside)
    assert "<script>alert" not in outside
    assert "<img" not in outside
    assert text.count('class="plot"') == 6
    assert "in the window that ended at" in outside


@pytest.mark.slow
def test_json_and_markdown_say_the_same(watched: Watched) -> None:
    report = make_report(watched.open())
    content = json.loads(render_report(report, "json"))
    assert {each["model"] for each in content["models"]} == {"flights", HOSTILE}
    assert {change["column_name"] for each in content["models"] for change in each["changes"]} == {"temp", HOSTILE}
    assert len(content["incidents"]) == 2
    text = render_report(report, "markdown")
    assert "- `temp` since" in text
    assert "- Fine: `humid`." in text
    # Tags are in code spans or escaped, and line breaks are no line breaks.
    assert re.findall(r"(?<!\\)<", re.sub(r"`[^`\n]*`", "", text)) == []
    assert all(line == "" or line[0] in "#-0123456789" for line in text.split("\n"))


def test_what_cannot_be_reported_is_refused(watched: Watched) -> None:
    with pytest.raises(OptionError, match="the model 'none' has a closed window"):
        make_report(watched.open(), model="none")
    with pytest.raises(OptionError, match="expected html, json, markdown"):
        render_report(make_report(watched.open(), model="flights"), "pdf")
