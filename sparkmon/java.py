"""The Java that Spark will find; ``python -m sparkmon.java`` exits with status 1 if it is none, or too old."""

import os
import re
import subprocess
import sys

from sparkmon.errors import SparkmonError


def check_java(needed: int = 17) -> None:
    """Raise SparkmonError, with what to install, unless Spark will find a Java of this version or newer.

    It looks where Spark looks: in ``JAVA_HOME`` if that is set, else on ``PATH``.
    """
    home = os.environ.get("JAVA_HOME")
    java, place = (os.path.join(home, "bin", "java"), f"JAVA_HOME ({home})") if home else ("java", "PATH")
    try:
        result = subprocess.run([java, "-version"], capture_output=True, text=True, errors="replace", check=False)
    except OSError:
        version = None
    else:
        # openjdk version "17.0.15" 2025-04-15; before Java 9 it was "1.8.0_402".
        version = re.search(r'version "((?:1\.)?(\d+)[^"]*)"', result.stderr)
    if version is None or int(version[2]) < needed:
        raise SparkmonError(
            f"Spark needs Java {needed} or newer; {place} has {version[1] if version else 'none'}: install one "
            "(apt-get install openjdk-17-jre-headless, dnf install java-21-openjdk-headless, brew install openjdk@17, "
            "conda install -c conda-forge openjdk=17), or set JAVA_HOME to its folder"
        )


if __name__ == "__main__":
    try:
        check_java()
    except SparkmonError as error:
        sys.exit(f"sparkmon: {error}")
