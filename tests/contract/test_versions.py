"""One version, said the same wherever a reader meets it."""

import re
import subprocess
import sys
from inspect import signature
from pathlib import Path

import sparkmon
from sparkmon.java import check_java

ROOT = Path(__file__).parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
README = (ROOT / "README.md").read_text()
RELEASES = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", CHANGELOG, re.M)


def test_the_newest_release_of_the_changelog_is_the_packages_version() -> None:
    assert RELEASES[0] == sparkmon.__version__


def test_releases_stand_newest_first_and_once() -> None:
    numbers = [tuple(map(int, release.split("."))) for release in RELEASES]
    assert numbers == sorted(set(numbers), reverse=True)


def test_the_changelog_opens_with_what_is_not_released() -> None:
    assert re.findall(r"^## (.+)$", CHANGELOG, re.M)[0] == "[Unreleased]"


def test_the_readme_names_no_release_that_does_not_exist() -> None:
    named = re.findall(r"sparkmon(?:-kserve)?(?:\[[\w,]+\])?[ =~<>v-]+(\d+\.\d+\.\d+)", README)
    assert set(named) <= set(RELEASES)


def test_the_readme_asks_for_the_python_that_the_package_asks_for() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    (needed,) = re.findall(r'^requires-python = ">=(\d+\.\d+)"', project, re.M)
    assert set(re.findall(r"Python (\d+\.\d+)", README)) == {needed}


def test_the_readme_asks_for_the_java_that_setup_asks_for() -> None:
    needed = signature(check_java).parameters["needed"].default
    assert set(re.findall(r"Java (\d+)", README)) == {str(needed)}


def test_asking_the_version_starts_nothing() -> None:
    code = (
        "import sys, sparkmon; print(sparkmon.__version__);"
        "print(*sorted({'pyspark', 'pandas', 'kserve'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines() == [sparkmon.__version__, ""]
