"""Fetch the jars of the broker that the tests start: ``fetch_kafka.py build/kafka``.

The Ivy that pyspark carries does it, so nothing but Java is needed.
"""

import os
import subprocess
import sys
from pathlib import Path

import pyspark

HERE = Path(__file__).parent


def main(folder: Path) -> None:
    """Resolve ``kafka-ivy.xml`` from Maven Central, or from Ivy's cache, into ``folder``."""
    (ivy,) = (Path(pyspark.__file__).parent / "jars").glob("ivy-*.jar")
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    names = str(folder / "[artifact]-[revision](-[classifier]).[ext]")
    wanted = ["-ivy", str(HERE / "kafka-ivy.xml"), "-retrieve", names, "-types", "jar", "bundle"]
    subprocess.run([java, "-jar", str(ivy), *wanted, "-sync"], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
