"""The releases that the tests make: the example's shop, with pauses and pods as slow as a test needs them."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.processes import ROOT

OLD, NEW = "nginx-unprivileged:1.27-alpine", "nginx-unprivileged:1.28-alpine"
REPLICAS = 8

_FILE = """\
version: v1
kind: kubernetes
application: shop
deploymentConfig:
  timeout: {{duration: {timeout}, unit: seconds}}
targets:
  staging:
    account: staging
    namespace: shop
    strategy: careful
  prod:
    account: prod
    namespace: shop
    strategy: careful
    constraints:
      dependsOn: [staging]
      beforeDeployment:
        - pause: {{untilApproved: true}}
manifests:
  - path: manifests/namespace.yml
  - path: manifests/service.yml
  - path: manifests/{version}
strategies:
  careful:
    canary:
      steps:
        - setWeight: {{weight: 25}}
        - pause: {{{pause}}}
        - setWeight: {{weight: 50}}
"""


class Releases:
    """A folder of deployment files with their manifests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.copytree(ROOT / "examples" / "shop", folder)
        for version in ("v1", "v2"):
            self._resize(version)

    def first(self, only: str = "") -> Path:
        """Version 1, everywhere at once."""
        return self._write(yaml.safe_load((self._folder / "v1.yml").read_text()), f"first-{only or 'all'}.yml", only)

    def canary(self, *, pause: int | None = 8, only: str = "", timeout: int = 100) -> Path:
        """Version 2 at 25 and 50 %; `pause` None waits for a person between them; `only` leaves the others out."""
        spelled = "untilApproved: true" if pause is None else f"duration: {pause}, unit: seconds"
        document = yaml.safe_load(_FILE.format(version="v2", pause=spelled, timeout=timeout))
        return self._write(document, f"canary-{only or 'all'}-{pause}.yml", only)

    def _write(self, document: dict[str, Any], name: str, only: str) -> Path:
        if only:
            document["targets"] = {only: document["targets"][only]}
            document["targets"][only].pop("constraints", None)
        return self.text(name, yaml.safe_dump(document, sort_keys=False))

    def text(self, name: str, text: str) -> Path:
        path = self._folder / name
        path.write_text(text)
        return path

    def _resize(self, version: str) -> None:
        """More pods that take their time: a kill then finds the fleet half way."""
        path = self._folder / "manifests" / version / "shop.yml"
        document = yaml.safe_load(path.read_text())
        document["spec"]["replicas"] = REPLICAS
        annotations = {"sandbox.fairlead.dev/start-seconds": "1"}
        document["spec"]["template"]["metadata"]["annotations"] = annotations
        path.write_text(yaml.safe_dump(document))
