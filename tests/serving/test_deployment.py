"""The files of examples/kserve are what KServe, Kubernetes, Knative, the Spark operator and our own commands take."""

import re
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from sparkmon.cli.app import app
from sparkmon.config import read_config
from sparkmon.sources import KServeSource
from tests.support.source import ROOT

EXAMPLES = ROOT / "examples" / "kserve"
MANIFESTS = [path for path in sorted(EXAMPLES.glob("*.yaml")) if path.name != "monitor.yaml"]

# Leaves are the type of the value; `...` is anything.
KAFKA_SINK = {
    "topic": str,
    "bootstrapServers": [str],
    "contentMode": str,
    "numPartitions": int,
    "replicationFactor": int,
}
"""Those fields of a KafkaSink (eventing.knative.dev/v1alpha1) that the manifest may use."""
MOUNTS = [{"name": str, "mountPath": str, "readOnly": bool}]
SPARK_APPLICATION = {
    "type": str,
    "pythonVersion": str,
    "mode": str,
    "image": str,
    "sparkVersion": str,
    "mainApplicationFile": str,
    "arguments": [str],
    "deps": {"packages": [str]},
    "restartPolicy": {"type": str, "onFailureRetryInterval": int},
    "volumes": [...],
    "driver": {
        "cores": int,
        "memory": str,
        "serviceAccount": str,
        "podSecurityContext": {"fsGroup": int},
        "volumeMounts": MOUNTS,
    },
    "executor": {"instances": int, "cores": int, "memory": str, "volumeMounts": MOUNTS},
}
"""Those fields of a SparkApplication (sparkoperator.k8s.io/v1beta2) that the manifest may use."""
CUSTOM = {
    ("eventing.knative.dev/v1alpha1", "KafkaSink"): KAFKA_SINK,
    ("sparkoperator.k8s.io/v1beta2", "SparkApplication"): SPARK_APPLICATION,
}


@cache
def manifests() -> dict[tuple[str, str], dict[str, Any]]:
    """Read all manifests, by file and kind."""
    return {
        (path.name, manifest["kind"]): manifest
        for path in MANIFESTS
        for manifest in yaml.safe_load_all(path.read_text("utf-8"))
    }


def differences(value: Any, shape: Any, where: str) -> list[str]:  # noqa: ANN401
    if shape is ...:
        return []
    if isinstance(shape, dict) and isinstance(value, dict):
        unknown = [f"{where}.{key} is unknown" for key in value if key not in shape]
        known = [key for key in value if key in shape]
        return unknown + [each for key in known for each in differences(value[key], shape[key], f"{where}.{key}")]
    if isinstance(shape, list) and isinstance(value, list):
        return [each for item in value for each in differences(item, shape[0], f"{where}[]")]
    if isinstance(shape, type) and type(value) is shape:
        return []
    return [f"{where} is {value!r}"]


def container(manifest: dict[str, Any]) -> dict[str, Any]:
    pod = manifest["spec"].get("transformer") or manifest["spec"]["template"]["spec"]
    (found,) = pod["containers"]
    return dict(found)


def typed_mistakes(*paths: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.kubernetes_objects", *map(str, paths)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_objects_are_of_their_types_and_a_misspelt_field_would_not_be(tmp_path: Path) -> None:
    right = EXAMPLES / "inference-service.yaml"
    wrong = tmp_path / "wrong.yaml"
    text = right.read_text()
    assert "metadataHeaders" in text
    assert "secretKeyRef: {name: sparkmon-store, key: password}" in text
    text = text.replace("metadataHeaders", "metaDataHeaders", 1)
    text = text.replace("secretKeyRef: {name: sparkmon-store, key: password}", "secretKeyRef: {}")
    wrong.write_text(text.replace("protocolVersion: v2", "protocolVersion: 2"))
    unknown, required, mistyped = typed_mistakes(*MANIFESTS, wrong).splitlines()
    where = "wrong.yaml: InferenceService flights.spec"
    assert unknown == (f"{where}.transformer.logger: metaDataHeaders is unknown to V1beta1LoggerSpec")
    key = "transformer.containers[0].env[0].valueFrom.secretKeyRef"
    assert required.startswith(f"{where}.{key}: ")
    assert "key Field required" in required
    assert mistyped == f"{where}.predictor.model.protocolVersion: got 2, expected str"


def test_every_manifest_is_of_a_kind_that_is_checked() -> None:
    from tests.support.kubernetes_objects import KINDS

    found = {(manifest["apiVersion"], manifest["kind"]) for manifest in manifests().values()}
    assert found == KINDS.keys() | CUSTOM.keys()


def test_the_custom_resources_use_fields_that_their_definitions_have() -> None:
    for manifest in manifests().values():
        shape = CUSTOM.get((manifest["apiVersion"], manifest["kind"]))
        if shape is not None:
            assert differences(manifest["spec"], shape, manifest["kind"]) == []
    assert manifests()["kafka-sink.yaml", "KafkaSink"]["spec"]["contentMode"] == "binary"


def test_the_loggers_point_to_what_is_deployed() -> None:
    service = manifests()["receiver.yaml", "Service"]
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    (port,) = service["spec"]["ports"]
    receiver = f"http://{name}.{namespace}.svc.cluster.local:{port['port']}/"
    spec = manifests()["inference-service.yaml", "InferenceService"]["spec"]
    loggers = [spec[component]["logger"] for component in ("transformer", "predictor")]
    headers = ["X-Request-Id", "Inference-Header-Content-Length"]
    assert loggers == [{"mode": "all", "url": receiver, "metadataHeaders": headers}] * 2
    sink = manifests()["kafka-sink.yaml", "KafkaSink"]["metadata"]
    by_kafka = manifests()["inference-service-kafka.yaml", "InferenceService"]["spec"]
    url = by_kafka["predictor"]["logger"]["url"]
    assert url.endswith(f"//kafka-sink-ingress.knative-eventing.svc.cluster.local/{sink['namespace']}/{sink['name']}")
    pod = manifests()["receiver.yaml", "Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"] == pod


def test_the_receivers_command_line_is_one_that_sparkmon_takes() -> None:
    found = container(manifests()["receiver.yaml", "Deployment"])
    assert found["command"] == ["sparkmon"]
    name, *arguments = found["args"]
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    told = command.make_context(name, arguments).params
    assert (str(told["path"]), told["host"], told["port"]) == ("/spool", "0.0.0.0", 8080)
    assert found["ports"][0]["containerPort"] == told["port"]
    assert {mount["mountPath"] for mount in found["volumeMounts"]} == {"/spool"}


@pytest.mark.slow
def test_the_transformers_command_line_is_one_that_it_takes() -> None:
    found = container(manifests()["inference-service.yaml", "InferenceService"])
    assert found["command"] == ["python", "-m", "sparkmon.serving.transformer"]
    from_kserve = ["--model_name", "flights", "--predictor_host", "p:80", "--http_port", "8080"]
    code = (
        "import sys; told, sys.argv[1:] = sys.argv[1:], []\n"
        "from sparkmon.serving.transformer import argument_parser\n"
        "from sparkmon.store.open import open_store\n"
        "read = argument_parser().parse_args(told)\n"
        "print(read.feature_view, read.feature_view_version, read.predictor_protocol, open_store(read.store))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *found["args"], *from_kserve],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ("flights 1 v2 SqlStore('mysql://sparkmon@mysql.demo.svc.cluster.local:3306/features')\n")
    (password,) = found["env"]
    assert password["name"] == "SPARKMON_STORE_PASSWORD"
    assert "password" not in " ".join(found["args"])


def test_the_monitor_reads_what_the_receiver_writes() -> None:
    config = read_config(EXAMPLES / "monitor.yaml")
    spec = manifests()["spark-application.yaml", "SparkApplication"]["spec"]
    command = typer.main.get_command(app).commands["run"]  # type: ignore[attr-defined]
    name, *arguments = spec["arguments"]
    told = command.make_context(name, arguments).params
    mounted = {mount["name"]: mount["mountPath"] for mount in spec["driver"]["volumeMounts"]}
    assert str(told["config"]) == f"{mounted['config']}/monitor.yaml"
    assert config.source == KServeSource(mounted["spool"])
    assert mounted["spool"] == "/spool"
    assert config.tables.startswith(f"{mounted['monitoring']}/")
    assert {volume["name"] for volume in spec["volumes"]} == mounted.keys()


def test_the_images_install_extras_that_exist_and_the_delta_that_is_pinned() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    table = project.split("[project.optional-dependencies]")[1].split("\n[")[0]
    extras = set(re.findall(r"^(\w+) = \[", table, re.M))
    for name in ("Dockerfile", "Dockerfile.spark"):
        text = (EXAMPLES / name).read_text()
        asked = re.search(r'(?:"\.\[|EXTRAS=")([\w,]+)', text)
        assert asked is not None
        assert set(asked[1].split(",")) <= extras
    pinned = re.search(r"delta-spark==([\d.]+) ", (EXAMPLES / "Dockerfile.spark").read_text())
    assert pinned is not None
    assert pinned[1] == version("delta-spark")
    spec = manifests()["spark-application.yaml", "SparkApplication"]["spec"]
    spark = ".".join(spec["sparkVersion"].split(".")[:2])
    assert spec["deps"]["packages"] == [f"io.delta:delta-spark_{spark}_2.13:{pinned[1]}"]


@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.spark"])
def test_a_dockerfile_copies_what_is_there_and_runs_as_nobody_special(name: str) -> None:
    text = re.sub(r"\\\n", " ", (EXAMPLES / name).read_text())
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    known = {*("ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "EXPOSE", "CMD")}
    assert {line[0] for line in lines} <= known
    copied = [
        source for line in lines if line[0] == "COPY" and not line[1].startswith("--from") for source in line[1:-1]
    ]
    assert {"pyproject.toml", "sparkmon"} <= set(copied)
    assert [source for source in copied if not (ROOT / source).exists()] == []
    users = [line[1] for line in lines if line[0] == "USER"]
    assert users[-1].isdigit()
    assert users[-1] != "0"
    images = [line[1] for line in lines if line[0] == "FROM"]
    assert all(":" in image or image == "${SPARK_IMAGE}" for image in images)
