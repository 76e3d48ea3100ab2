"""A stand-in for Hopsworks' REST API over TLS, enough for the real client to log in, read views and statistics.

What it answers was recorded from, or read in, the client and the back end. A request that it does not know is a 404,
and stands in ``requests``.
"""

import datetime
import ipaddress
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from tests.support import hopsworks_metadata as metadata

__all__ = ["API_KEY", "HopsworksDouble"]

API_KEY = "Kd83mDkqpzQ1.secret"
_API = "/hopsworks-api/api"
_STORE = f"{_API}/project/{metadata.PROJECT_ID}/featurestores"
_VIEW = _STORE + "/{store}/featureview/{name}/version/{version}"


class HopsworksDouble:
    """A running double; leaving it stops the server.

    ``statistics[view, version, training_dataset]`` are the replies of the statistics endpoint; what is put there is
    served at once.
    """

    def __init__(self, folder: Path, mysql_host: str, mysql_password: str) -> None:
        self.mysql_host, self.mysql_password = mysql_host, mysql_password
        self.certificate, self._key = _self_signed(folder)
        self.views = {
            ("fraud_fv", 1): metadata.feature_view("fraud_fv", 1),
            ("fraud_fv", 2): metadata.feature_view("fraud_fv", 2, transforms=True),
        }
        self.statistics: dict[tuple[str, int, int], dict[str, Any]] = {}
        self.requests: list[str] = []
        config = uvicorn.Config(
            self._app(),
            host="127.0.0.1",
            port=0,
            ssl_certfile=self.certificate,
            ssl_keyfile=self._key,
            log_level="warning",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self.port = 0

    def __enter__(self) -> "HopsworksDouble":
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
            self.requests.append(f"{request.method} {request.url.path.removeprefix(_API)}")
            if request.headers.get("authorization") != f"ApiKey {API_KEY}":
                return _error(401, 320004, "invalid or missing API key")
            return await call_next(request)

        self._add_login(app)
        self._add_views(app)
        self._add_training_datasets(app)
        return app

    def _add_login(self, app: FastAPI) -> None:
        user = {"username": "meb10000", "uid": 10000, "email": "admin@hopsworks.ai"}
        project = {"id": metadata.PROJECT_ID, "name": metadata.PROJECT, "owner": user}

        @app.get(_API + "/variables/versions")
        def versions() -> Response:
            return JSONResponse([{"software": "hopsworks", "version": "5.2.1"}])

        @app.get(_API + "/variables/{name}")
        def variable(name: str) -> Response:
            if name == "loadbalancer_external_domain_mysqld":
                return JSONResponse({"successMessage": self.mysql_host})
            return _error(404, 160001, f"variable {name} not found")

        @app.get(_API + "/project")
        def projects() -> Response:
            return JSONResponse([{"project": project, "user": user, "teamRole": "Data owner"}])

        @app.get(_API + "/project/getProjectInfo/{name}")
        def project_info(name: str) -> Response:
            if name != metadata.PROJECT:
                return _error(404, 150004, "No project found")
            told = {
                "projectId": metadata.PROJECT_ID,
                "projectName": name,
                "owner": user["email"],
                "created": "2026-11-01T10:00:00Z",
            }
            return JSONResponse(told)

        @app.get(_STORE + "/{name}")
        def feature_store(name: str) -> Response:
            if name != metadata.FEATURE_STORE:
                return _error(404, 270137, "Featurestore wasn't found.")
            return JSONResponse(metadata.feature_store())

        @app.get(_STORE + "/{store}/storageconnectors/onlinefeaturestore")
        def connector(store: int) -> Response:
            return JSONResponse(metadata.online_connector(self.mysql_password))

    def _add_views(self, app: FastAPI) -> None:
        @app.get(_STORE + "/{store}/featureview/{name}")
        def views(store: int, name: str) -> Response:
            items = [view for (held, _), view in self.views.items() if held == name]
            found = {"count": len(items), "items": items}
            return JSONResponse(found) if items else _no_view()

        @app.get(_VIEW)
        def view(store: int, name: str, version: int) -> Response:
            found = self.views.get((name, version))
            return JSONResponse(found) if found else _no_view()

        @app.get(_VIEW + "/provenance/links")
        def links(store: int, name: str, version: int) -> Response:
            state = {"accessible": True, "deleted": False, "traversed": True}
            upstream = [
                {
                    "node": {"artifactType": "FEATURE_GROUP", "artifact": group, **state},
                    "upstream": [],
                    "downstream": [],
                }
                for group in (metadata.CARDS, metadata.CUSTOMERS)
            ]
            node = {"artifactType": "FEATURE_VIEW", **state}
            return JSONResponse({"node": node, "upstream": upstream, "downstream": []})

        @app.get(_VIEW + "/preparedstatement")
        def statements(
            store: int, name: str, version: int, batch: bool = False, inference_helper_columns: bool = False
        ) -> Response:
            return JSONResponse(metadata.prepared_statements(batch, inference_helper_columns))

        @app.get(_STORE + "/{store}/kafka/subjects/{subject}/versions/latest")
        def subject(store: int, subject: str) -> Response:
            for group in (metadata.CARDS, metadata.CUSTOMERS):
                if subject == f"{group['name']}_{group['version']}":
                    return JSONResponse(metadata.avro_subject(group))
            return _error(404, 40401, "Subject not found")

    def _add_training_datasets(self, app: FastAPI) -> None:
        @app.get(_VIEW + "/trainingdatasets")
        def training_datasets(store: int, name: str, version: int) -> Response:
            held = [
                metadata.training_dataset(name, dataset)
                for view, of_version, dataset in self.statistics
                if (view, of_version) == (name, version)
            ]
            return JSONResponse(held)

        @app.get(_VIEW + "/trainingdatasets/version/{dataset}")
        def training_dataset(store: int, name: str, version: int, dataset: int) -> Response:
            return JSONResponse(metadata.training_dataset(name, dataset))

        @app.get(_VIEW + "/trainingdatasets/version/{dataset}/statistics")
        def statistics(store: int, name: str, version: int, dataset: int) -> Response:
            found = self.statistics.get((name, version, dataset))
            if found is None:
                return _error(404, 270228, "Statistics wasn't found.")
            told = {
                "computationTime": 1_795_000_000_000,
                "rowPercentage": 1.0,
                "beforeTransformation": False,
                "featureViewName": name,
                "featureViewVersion": version,
                "trainingDatasetVersion": dataset,
            }
            return JSONResponse({"count": 1, "items": [told | found]})


def _no_view() -> JSONResponse:
    return _error(404, 270181, "Feature view wasn't found.")


def _error(status: int, code: int, text: str) -> JSONResponse:
    return JSONResponse({"errorCode": code, "errorMsg": text, "usrMsg": text}, status)


def _self_signed(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1 that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now, day = datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(days=1)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "double.crt", folder / "double.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files
