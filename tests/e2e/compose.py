"""compose.yaml as containers: its merges, files, secrets and published ports, read as an engine reads them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.containers import Container, image_environ
from tests.e2e.processes import ROOT


class Compose:
    """The file; `folder` is where it finds the secrets that an installation has made for itself."""

    def __init__(self, folder: Path, kubeconfig: Path) -> None:
        self._folder = folder
        self._kubeconfig = kubeconfig
        self._document: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())

    @property
    def names(self) -> list[str]:
        """In the order of the file."""
        return list(self._services)

    @property
    def hosts(self) -> dict[str, str]:
        """Every service under its own name, and whoever publishes a port under the host's."""
        return {name: name for name in self._services}

    def published(self) -> dict[str, tuple[str, int]]:
        """`localhost:port` of the host, and whose port it is."""
        found = {}
        for name, service in self._services.items():
            for port in service.get("ports", []):
                *_, outer, inner = port.split(":")
                found[f"localhost:{outer}"] = (name, int(inner))
        return found

    def container(self, name: str) -> Container:
        service = self._services[name]
        environ = {key: str(value) for key, value in service.get("environment", {}).items()}
        for file in service.get("env_file", []):
            lines = self._source(file).read_text().splitlines()
            environ |= dict(line.split("=", 1) for line in lines)
        own = {} if name == "nats" else image_environ()
        return Container(name, tuple(service["command"]), own | environ, self._files(service))

    def _files(self, service: Mapping[str, Any]) -> dict[str, Path]:
        files = {}
        for volume in service.get("volumes", []):
            source, place, *_ = volume.split(":")
            if source.startswith("./"):
                files[place] = self._source(source)
        for secret in service.get("secrets", []):
            named = secret if isinstance(secret, dict) else {"source": secret, "target": secret}
            file = self._document["secrets"][named["source"]]["file"]
            files[f"/run/secrets/{named['target']}"] = self._source(file)
        return files

    def _source(self, path: str) -> Path:
        if path.startswith("${KUBECONFIG"):
            return self._kubeconfig
        path = re.sub(r"^\./", "", path)
        return (self._folder if path.startswith("secrets/") else ROOT) / path

    @property
    def _services(self) -> dict[str, Any]:
        services: dict[str, Any] = self._document["services"]
        return services
