"""``sparkmon init``: writes a first monitor.yaml."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sparkmon.cli.options import option
from sparkmon.cli.terminal import note
from sparkmon.errors import OptionError

_SCHEMA = "monitor.schema.json"


def init(
    config: Annotated[Path, typer.Argument(metavar="MONITOR.YAML", help="The file to write.")] = Path("monitor.yaml"),
    model: Annotated[str, option("The model, as KServe names it.", "--as", metavar="MODEL")] = "",
    service: Annotated[
        Path | None, option("The YAML of the InferenceService, which says more.", metavar="FILE")
    ] = None,
    table: Annotated[
        Path | None, option("The training table, a Parquet or CSV file: the next steps name it, and its times.")
    ] = None,
) -> None:
    """Write a first monitor.yaml, and next to it the JSON Schema by which editors complete it.

    Of an InferenceService the name, the namespace, the feature view and the store of a sparkmon transformer are taken,
    and what its loggers leave out is said.

    Example: sparkmon init --as flights --table training.parquet

    Example: sparkmon init --service inference-service.yaml
    """
    from sparkmon.config import json_schema
    from sparkmon.config.first_file import Service, first_file, profile_options, read_service

    if bool(model) == (service is not None):
        raise typer.BadParameter("expected one of --as MODEL and --service FILE")
    if config.exists():
        raise OptionError(f"{config} exists; expected the path of a new file")
    described = Service(model) if service is None else read_service(service)
    training = {} if table is None else {"table": profile_options(table)}
    config.write_text(first_file(described, config.name, _SCHEMA, **training))
    (config.parent / _SCHEMA).write_text(json.dumps(json_schema(), indent=2) + "\n")
    note(f"wrote {config} and {config.parent / _SCHEMA}; {config} says what to do next")
    if service is not None:
        modes = dict(described.loggers)
        if "predictor" not in modes:
            note("its predictor has no logger: set spec.predictor.logger to {mode: all, url: http://HOST:8080/}")
        elif modes["predictor"] != "all":
            note(f"its predictor logs only {modes['predictor']}s: set spec.predictor.logger.mode to all")
