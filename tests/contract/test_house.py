"""How the house is kept: who may import whom, how large things are, what is never written.

Each test lists its offences as ``file:line what``, so that a failure reads as a to-do list.
"""

import ast
import subprocess
import sys

import sparkmon
from tests.support.house import builtin_raises, inside_a_function, is_broad, names_in
from tests.support.source import ROOT, Source, package, project

MAY_IMPORT: dict[str, set[str]] = {
    "backoff": set(),
    "compat": {"errors"},
    "java": {"errors"},
    "listening": {"errors"},
    "workers": {"compat", "errors"},
    "errors": set(),
    "json_bytes": {"errors"},
    "printable": set(),
    "until_stdin_closes": set(),
    "registry": {"errors"},
    "records": set(),
    "secret": {"errors"},
    "option_types": {"secret"},
    "protocol": {"errors", "interval", "json_bytes", "printable", "records"},
    "distributions": {"errors", "records"},
    "statistics": {"distributions", "errors", "records", "registry"},
    "detectors": {"distributions", "errors", "printable", "protocol", "records", "registry"},
    "adversaries": {"detectors", "distributions", "errors", "printable", "protocol", "registry"},
    "performance": {"detectors", "distributions", "errors", "protocol", "records", "registry", "statistics"},
    "store": {"compat", "distributions", "errors", "interval", "records", "tables"},
    "state": {"distributions"},
    "labels": {
        *("adversaries", "comparison", "distributions", "errors", "interval", "option_types", "performance"),
        *("protocol", "slicing", "tables"),
    },
    "attributions": {
        *("comparison", "detectors", "distributions", "errors", "explain", "interval", "json_bytes", "labels"),
        *("protocol", "records", "secret", "store", "tables"),
    },
    "schemas": {"alerts", "attributions", "comparison", "detectors", "distributions", "labels", "protocol", "state"},
    "logs": {"errors", "printable", "protocol", "records"},
    "inbound": {"errors"},
    "receiver": {"errors", "inbound", "listening", "logs", "printable", "protocol", "records", "secret"},
    "payload_logger": {"backoff", "errors", "printable", "protocol", "records", "secret"},
    "serving": {
        *("backoff", "errors", "inbound", "payload_logger", "printable", "protocol", "records", "secret", "store"),
    },
    "sources": {"compat", "errors", "interval", "logs", "option_types", "protocol", "records", "registry", "schemas"},
    "panes": {"distributions", "errors", "protocol", "slicing"},
    "slicing": {"distributions", "errors", "protocol", "records"},
    "profiles": {
        *("adversaries", "compat", "detectors", "distributions", "errors", "interval", "panes", "performance"),
        *("protocol", "records", "schemas", "slicing", "store"),
    },
    "functions": {"distributions", "errors", "statistics"},
    "comparison": {"distributions", "errors", "explain", "interval", "records", "statistics"},
    "dataframes": {
        *("alerts", "comparison", "compat", "distributions", "errors", "interval", "profiles", "protocol", "records"),
        *("schemas", "slicing"),
    },
    "explain": {"distributions", "printable"},
    "skew": {"protocol", "store"},
    "tables": {"compat", "distributions", "errors", "interval"},
    "sinks": {"backoff", "errors", "json_bytes", "option_types", "printable", "registry", "secret"},
    "alerts": {"backoff", "comparison", "distributions", "errors", "interval", "sinks", "tables"},
    "health": {"alerts", "compat", "errors", "sinks"},
    "row_files": set(),
    "mlflow": {"distributions", "errors", "protocol", "records"},
    "ingest": {"adversaries", "detectors", "distributions", "panes", "protocol", "records", "row_files", "skew"},
    "monitor": {
        *("adversaries", "alerts", "attributions", "comparison", "compat", "dataframes", "detectors", "distributions"),
        *("errors", "health", "ingest", "interval", "labels", "panes", "performance", "profiles", "protocol"),
        *("records", "row_files", "schemas", "skew", "slicing", "sources", "state", "store", "tables", "workers"),
    },
    "interval": {"errors"},
    "session": {"compat", "errors", "functions", "java", "sources", "workers"},
    "plot": {"comparison", "errors", "printable", "views"},
    "dashboard": {
        *("alerts", "comparison", "distributions", "errors", "interval", "listening", "plot", "printable", "secret"),
        *("store", "tables", "views"),
    },
    "yaml_file": {"errors"},
    "config": {
        *("adversaries", "alerts", "attributions", "comparison", "detectors", "errors", "health", "interval", "labels"),
        *("monitor", "option_types", "registry", "secret", "sinks", "sources", "store", "tables", "yaml_file"),
    },
    "views": {"alerts", "comparison", "compat", "distributions", "errors", "printable", "records", "state", "tables"},
    "demo": {
        *("adversaries", "alerts", "compat", "detectors", "distributions", "errors", "labels", "logs", "monitor"),
        *("payload_logger", "profiles", "protocol", "records", "serving", "sinks", "sources", "store", "tables"),
    },
    "cli": {
        *("adversaries", "alerts", "attributions", "backoff", "comparison", "compat", "config", "dashboard"),
        *("dataframes", "demo", "detectors", "errors", "interval", "listening", "monitor", "payload_logger"),
        *("printable", "profiles", "receiver", "secret", "session", "sinks", "slicing", "sources", "store", "tables"),
        *("views", "yaml_file"),
    },
    "__main__": {"cli", "errors"},
    # The package's face names everything, lazily: a test below holds that it loads nothing.
    "__init__": {
        *("alerts", "comparison", "compat", "dataframes", "detectors", "health", "labels", "monitor", "profiles"),
        *("records", "session", "sinks", "skew", "slicing", "sources", "store", "tables"),
    },
}
"""Room: the other rooms that its files import, and no others."""

PURE = {
    *("adversaries", "alerts", "attributions", "backoff", "comparison", "dashboard", "detectors", "distributions"),
    *("errors", "explain", "inbound", "interval", "java", "json_bytes", "labels", "listening", "logs", "option_types"),
    *("panes", "payload_logger", "performance", "plot", "printable", "protocol", "receiver", "records", "registry"),
    *("secret", "serving"),
    *("sinks", "skew", "slicing", "state", "statistics", "store", "tables", "until_stdin_closes", "views"),
    *("mlflow", "row_files", "yaml_file"),
}
"""Rooms that live without Spark: importing them must not import pyspark."""

SPARK_FILE = "sparkmon/tables/spark_writer.py"
"""The file of a pure room that imports pyspark: it is imported inside functions only."""

EMPTY_WORDS = {"common", "helper", "helpers", "misc", "util", "utils"}
PY4J = {"_jc", "_jdf", "_jsc", "_jsparkSession", "_jvm", "_to_java_column", "py4j"}
UNSAFE_MODULES = {"cloudpickle", "dill", "marshal", "pickle", "shelve"}
MAX_FILE, MAX_FUNCTION = 300, 60


def rooms_imported(source: Source) -> list[tuple[int, str]]:
    """List the (line, room) of every import of the package from inside it."""
    found = []
    for line, module, name in source.imports:
        parts = module.split(".")
        if parts[0] == "sparkmon":
            found.append((line, parts[1] if len(parts) > 1 else name))
    return found


def test_every_room_is_in_the_table() -> None:
    assert {source.room for source in package()} <= set(MAY_IMPORT)
    assert {other for others in MAY_IMPORT.values() for other in others} <= set(MAY_IMPORT)


def test_every_room_has_a_face() -> None:
    folders = {source.path.parent for source in package()}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_the_table_of_rooms_has_no_circle() -> None:
    left = {room: set(others) for room, others in MAY_IMPORT.items()}
    while left:
        floor = {room for room, others in left.items() if not others & set(left)}
        assert floor, f"these rooms import each other in a circle: {sorted(left)}"
        left = {room: others for room, others in left.items() if room not in floor}


def test_rooms_import_only_what_the_table_allows() -> None:
    offences = [
        f"{source.where}:{line} {source.room} imports {room}"
        for source in package()
        for line, room in rooms_imported(source)
        if room not in MAY_IMPORT.get(source.room, set()) | {source.room, "__version__"}
    ]
    assert offences == []


def test_the_table_allows_exactly_what_is_used() -> None:
    used: dict[str, set[str]] = {"__init__": set(sparkmon._NAMES)}
    for source in package():
        used.setdefault(source.room, set()).update(room for _, room in rooms_imported(source))
    unused = {room: sorted(others - used.get(room, set())) for room, others in MAY_IMPORT.items()}
    assert {room: others for room, others in unused.items() if others} == {}


def test_files_import_their_siblings_and_never_their_rooms_face() -> None:
    offences = [
        f"{source.where}:{line} imports its own room's face"
        for source in package()
        for line, module, _ in source.imports
        if module == f"sparkmon.{source.room}" and source.path.parent.name == source.room
    ]
    assert offences == []


def test_imports_are_absolute() -> None:
    offences = [
        f"{source.where}:{line} {module}"
        for source in project()
        for line, module, _ in source.imports
        if module.startswith(".")
    ]
    assert offences == []


def test_pure_rooms_import_no_spark_or_only_when_a_store_is_called() -> None:
    offences = [
        f"{source.where}:{line} imports {module}"
        for source in package()
        if source.room in PURE | {"__init__"}
        for line, module, _ in source.imports
        if module.split(".")[0] in {"delta", "pyspark"}
        if source.room not in {"store", "tables"} or not inside_a_function(source, line)
        if source.where != SPARK_FILE
    ]
    assert offences == []


def test_importing_pure_rooms_loads_no_spark() -> None:
    rooms = sorted(PURE & {source.room for source in package()})
    each = [f"import sparkmon.{room}; print('{room}', 'pyspark' in sys.modules)" for room in rooms]
    code = "\n".join(["import sys", *each])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines() == [f"{room} False" for room in rooms]


def test_no_file_is_longer_than_a_reader_holds_in_mind() -> None:
    long = {source.where: len(source.lines) for source in project() if len(source.lines) > MAX_FILE}
    assert long == {}


def test_no_function_is_longer_than_a_page() -> None:
    long = {
        f"{source.where}:{function.lineno} {function.name}": source.code_lines(function)
        for source in project()
        for function in source.functions
        if source.code_lines(function) > MAX_FUNCTION
    }
    assert long == {}


def test_no_file_or_folder_has_an_empty_name() -> None:
    offences = [
        source.where for source in project() if EMPTY_WORDS & set(source.path.relative_to(ROOT).with_suffix("").parts)
    ]
    assert offences == []


def test_no_import_is_for_type_checkers_alone() -> None:
    offences = [
        f"{source.where}:{getattr(node, 'lineno', 1)} TYPE_CHECKING"
        for source in project()
        for node in source.nodes
        if "TYPE_CHECKING" in names_in(node)
    ]
    assert offences == []


def test_only_sparkmons_own_errors_are_raised() -> None:
    offences = [f"{source.where}:{line} raises {name}" for source in package() for line, name in builtin_raises(source)]
    assert offences == []


def test_a_broad_except_says_why() -> None:
    offences = [
        f"{source.where}:{node.lineno} catches everything without a comment"
        for source in package()
        for node in source.nodes
        if isinstance(node, ast.ExceptHandler) and is_broad(node)
        # The line before, the line itself, or the first line of what is done.
        if not any("#" in line for line in source.lines[node.lineno - 2 : node.lineno + 1])
    ]
    assert offences == []


def test_python_never_reaches_into_the_jvm() -> None:
    offences = [
        f"{source.where}:{getattr(node, 'lineno', 1)} {sorted(names_in(node) & PY4J)}"
        for source in package()
        for node in source.nodes
        if names_in(node) & PY4J
    ]
    assert offences == []


def test_nothing_is_unpickled_or_evaluated() -> None:
    offences = [
        f"{source.where}:{line} imports {module}"
        for source in package()
        for line, module, _ in source.imports
        if module.split(".")[0] in UNSAFE_MODULES
    ]
    offences += [
        f"{source.where}:{node.lineno} calls {node.func.id}"
        for source in package()
        for node in source.nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in {"eval", "exec"}
    ]
    assert offences == []
