"""An overlay of k8s/ as containers: rendered by kubectl, its variables and files resolved as a kubelet does."""

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.containers import Container, image_environ
from tests.e2e.processes import ROOT
from tests.sandbox.process import KUBECTL
from tools.secrets import make

OVERLAYS = ("overlays/trial", "overlays/production", "agent", "overlays/agent-namespaced")


def rendered(folder: Path, overlay: str, agent: str = "trial") -> str:
    """The overlay's YAML, with secrets of its own in a copy below `folder`."""
    copy = folder / "k8s"
    if not copy.exists():
        shutil.copytree(ROOT / "k8s", copy, ignore=shutil.ignore_patterns("secrets"))
        make(copy / "overlays/trial/secrets", [agent])
    done = subprocess.run(
        [KUBECTL, "kustomize", copy / overlay],
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Manifests:
    """What was rendered; `folder` is where the files that are mounted are written."""

    def __init__(self, text: str, folder: Path) -> None:
        self._folder = folder
        self._objects: list[dict[str, Any]] = [found for found in yaml.safe_load_all(text) if found]

    def names(self, kind: str) -> list[str]:
        return [found["metadata"]["name"] for found in self._of(kind)]

    def hosts(self) -> dict[str, str]:
        """Which workload answers under which name; a headless Service gives each pod one."""
        names = {}
        for service in self._of("Service"):
            selected = service["spec"]["selector"]["app.kubernetes.io/name"]
            name = service["metadata"]["name"]
            names |= {name: selected, f"{name}-0.{name}": selected}
        return names

    def container(self, kind: str, name: str) -> Container:
        """The one container of the pods that the workload makes."""
        spec = next(one for one in self._of(kind) if one["metadata"]["name"] == name)["spec"]["template"]["spec"]
        (told,) = spec["containers"]
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        files: dict[str, Path] = {}
        for mount in told["volumeMounts"]:
            for path, content in self._contents(volumes.get(mount["name"], {})).items():
                files[f"{mount['mountPath']}/{path}"] = self._written(name, mount["name"], path, content)
        own = image_environ() if told["image"].startswith("fairlead") else {}
        return Container(name, tuple(told["args"]), own | self._environ(told, f"{name}-0"), files)

    def _environ(self, told: Mapping[str, Any], pod: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for source in told.get("envFrom", []):
            ((kind, reference),) = source.items()
            kept = self._kept("ConfigMap" if kind == "configMapRef" else "Secret", reference["name"])
            found |= {key: content.decode() for key, content in kept.items()}
        for variable in told.get("env", []):
            found[variable["name"]] = variable.get("value", pod)
        return found

    def _contents(self, volume: Mapping[str, Any]) -> dict[str, bytes]:
        match volume:
            case {"secret": {"optional": True, "secretName": name}} if name not in self.names("Secret"):
                return {}
            case {"secret": source}:
                return _chosen(self._kept("Secret", source["secretName"]), source)
            case {"configMap": source}:
                return _chosen(self._kept("ConfigMap", source["name"]), source)
            case {"projected": {"sources": sources}}:
                found: dict[str, bytes] = {}
                for source in sources:
                    found |= _chosen(self._kept("Secret", source["secret"]["name"]), source["secret"])
                return found
            case _:
                return {}

    def _kept(self, kind: str, name: str) -> dict[str, bytes]:
        found = next(one for one in self._of(kind) if one["metadata"]["name"] == name)["data"]
        return {key: base64.b64decode(text) if kind == "Secret" else text.encode() for key, text in found.items()}

    def _written(self, *path_and_content: Any) -> Path:
        *path, content = path_and_content
        file = self._folder.joinpath(*path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def _of(self, kind: str) -> Iterator[dict[str, Any]]:
        return (found for found in self._objects if found["kind"] == kind)


def _chosen(kept: Mapping[str, bytes], source: Mapping[str, Any]) -> dict[str, bytes]:
    items = source.get("items")
    return {item["path"]: kept[item["key"]] for item in items} if items else dict(kept)
