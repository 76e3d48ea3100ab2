"""The two calls that bring sparkmon into a Spark session: ``configure`` before it starts, ``register`` after."""

import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pyspark.sql import SparkSession

from sparkmon import functions, sources
from sparkmon.compat import check_session
from sparkmon.errors import MissingExtraError
from sparkmon.java import check_java
from sparkmon.workers import check_workers

_SETTINGS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    # Windows, models and columns make more groups per task than the 128 after which Spark sorts instead of hashing.
    "spark.sql.objectHashAggregate.sortBased.fallbackThreshold": "65536",
    # The JVM does not compile methods of more bytecode; Spark's own fallback is several times faster then.
    "spark.sql.codegen.hugeMethodLimit": "8000",
    "spark.sql.streaming.stateStore.providerClass": (
        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
    ),
    "spark.sql.session.timeZone": "UTC",
}

_SETTINGS_OF_SERVERS = {"spark.sql.extensions", "spark.sql.catalog.spark_catalog"}
"""What a client of Spark Connect cannot set."""

_NATIVE_EXTENSION = "io.sparkmon.SparkmonExtensions"
_NATIVE_SPARK = "4.2."
"""What the jar of native functions is built for."""


def configure(builder: SparkSession.Builder, *, kafka: bool = False) -> SparkSession.Builder:
    """Set what sparkmon needs on a session's builder; settings made afterwards win.

    Adds Delta Lake (its jars are fetched from Maven Central at the first start), the RocksDB state store and two
    limits of Spark's aggregation that many small windows need. Platforms that bring Delta themselves need only the
    last three; see ``README.md``. With a server of Spark Connect (``SPARK_REMOTE``, or ``builder.remote`` before),
    these alone are set: the rest is the server's, see ``docs/platforms.md``. On Spark 4.2 it adds the SQL functions as
    a jar, too, where there is one; under ``spark-submit``, name the jar by ``--jars`` instead.

    Parameters
    ----------
    builder : SparkSession.Builder
        As from ``SparkSession.builder``; it is returned.
    kafka : bool, default False
        Add Spark's Kafka connector, too.

    Raises
    ------
    MissingExtraError
        ``delta-spark`` is not installed.
    SparkmonError
        Spark will find no Java, or too old a one; not where ``SPARK_HOME`` or ``SPARK_REMOTE`` says that Spark is
        elsewhere.

    Examples
    --------
    ``spark = sparkmon.configure(SparkSession.builder).getOrCreate()`` starts a session, which then has the settings:

    >>> spark.conf.get("spark.sql.catalog.spark_catalog")
    'org.apache.spark.sql.delta.catalog.DeltaCatalog'
    """
    if _remote(builder).startswith("sc://"):
        for name in _SETTINGS.keys() - _SETTINGS_OF_SERVERS:
            builder = builder.config(name, _SETTINGS[name])
        return builder
    try:
        from delta import configure_spark_with_delta_pip
    except ImportError as error:
        raise MissingExtraError.of("delta-spark", "delta") from error
    if _starts_java(builder):
        check_java(8 if _spark_version().startswith("3.") else 17)
    # Workers otherwise run whatever `python3` is on their path.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    for name, value in _SETTINGS.items():
        builder = builder.config(name, value)
    if (jar := _native_functions()) is not None:
        extensions = f"{_SETTINGS['spark.sql.extensions']},{_NATIVE_EXTENSION}"
        jars = [each for each in (getattr(builder, "_options", {}).get("spark.jars"), str(jar)) if each]
        builder = builder.config("spark.sql.extensions", extensions).config("spark.jars", ",".join(jars))
    spark = _spark_version()
    scala = "2.12" if spark.startswith("3.") else "2.13"  # as delta-spark and pyspark have it
    packages = [f"org.apache.spark:spark-sql-kafka-0-10_{scala}:{spark}"] if kafka else []
    configured: SparkSession.Builder = configure_spark_with_delta_pip(builder, packages)
    return configured


def register(spark: SparkSession) -> None:
    """Make the data source ``kserve`` and the SQL functions ``sparkmon_*`` known to a session.

    Safe to call again. OptionError if the session is one of Spark Connect on Spark 3.5, SparkmonError if its Python
    workers cannot import sparkmon: those of a cluster are tried by one task.

    Examples
    --------
    >>> import sparkmon
    >>> sparkmon.register(spark)
    >>> spark.catalog.functionExists("sparkmon_psi")
    True
    """
    check_session(spark)
    check_workers(spark)
    sources.register(spark)
    functions.register(spark)


def _starts_java(builder: SparkSession.Builder) -> bool:
    """Return whether a session starts Java from here: ``SPARK_HOME`` has settings of its own, which may name one."""
    elsewhere = {"PYSPARK_GATEWAY_PORT", "SPARK_CONF_DIR", "SPARK_HOME"} & {*os.environ}
    return not elsewhere and not _remote(builder) and SparkSession.getActiveSession() is None


def _remote(builder: SparkSession.Builder) -> str:
    """Return the URL of the server of Spark Connect that a session will use; empty without one."""
    return str(getattr(builder, "_options", {}).get("spark.remote") or os.environ.get("SPARK_REMOTE", ""))


def _native_functions() -> Path | None:
    """Return the jar that wheels have and ``make jar`` builds, if it can be added to a session of this process."""
    is_submitted = "PYSPARK_GATEWAY_PORT" in os.environ  # its JVM runs already
    if is_submitted or not _spark_version().startswith(_NATIVE_SPARK):
        return None
    jars = sorted(Path(__file__).parent.joinpath("jars").glob("sparkmon_2.13-*.jar"))
    return jars[-1] if jars else None


def _spark_version() -> str:
    try:
        return version("pyspark")
    except PackageNotFoundError:
        return version("pyspark-client")
