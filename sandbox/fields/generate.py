"""Where does the table of fields come from? From the Go types of k8s.io/api and k8s.io/apimachinery.

`python -m sandbox.fields.generate <folder of k8s.io/api> <folder of k8s.io/apimachinery>` writes it anew.
"""

import re
import sys
from pathlib import Path

import msgspec

from sandbox.fields.table import FILE, Field, Fields
from sandbox.objects.kinds import BUILT_IN

_STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_ALIAS = re.compile(r"^type (\w+) (string|int32|\[\]\w+|map\[\w+\][\w.\[\]]+)$", re.MULTILINE)
_FIELD = re.compile(r'^\t(?:(\w+) +)?([\w.*\[\]]+) +`json:"([^"]*)"([^`]*)', re.MULTILINE)
_NUMBER = re.compile(r'protobuf:"\w+,(\d+)')
_MERGES = re.compile(r'patchMergeKey:"(\w+)"')
_SCALARS = {
    "string": "string",
    "types.UID": "string",
    "bool": "bool",
    "int": "int",
    "int32": "int",
    "int64": "int",
    "uint32": "int",
    "uint8": "int",
    "float64": "float",
    "[]byte": "bytes",
    "intstr.IntOrString": "IntOrString",
    "resource.Quantity": "Quantity",
    "runtime.RawExtension": "any",
    "metav1.Time": "Time",
    "metav1.MicroTime": "Time",
    "metav1.Duration": "any",
    "metav1.FieldsV1": "FieldsV1",
}
_PACKAGES = {
    "v1": "core/v1",
    "apiv1": "core/v1",
    "metav1": "meta/v1",
    "corev1": "core/v1",
    "autoscalingv1": "autoscaling/v1",
}
REVIEWS = ("SelfSubjectAccessReview", "SelfSubjectRulesReview")


class Sources:
    """The Go files of one package each, read when first needed."""

    def __init__(self, api: Path, machinery: Path) -> None:
        self._api = api
        self._machinery = machinery
        self._texts: dict[str, str] = {}
        self.fields: Fields = {}

    def text(self, package: str) -> str:
        if package not in self._texts:
            meta = self._machinery / "pkg/apis/meta/v1"
            folder = meta if package == "meta/v1" else self._api / package
            self._texts[package] = "\n".join(path.read_text() for path in sorted(folder.glob("types*.go")))
        return self._texts[package]

    def struct(self, package: str, name: str) -> None:
        """Take over one struct, and every struct that it reaches."""
        full = f"{package}.{name}"
        if full in self.fields:
            return
        self.fields[full] = {}
        bodies = dict(_STRUCT.findall(self.text(package)))
        for found in _FIELD.findall(bodies[name]):
            self._field(full, package, found)

    def _field(self, full: str, package: str, found: tuple[str, str, str, str]) -> None:
        own, kind, tag, rest = found
        number = _first(_NUMBER, rest)
        inlined = tag.split(",")[1:] == ["inline"] or (not own and tag.startswith(","))
        if inlined and not number:
            return
        name = f"@{kind}" if inlined else tag.partition(",")[0]
        self.fields[full][name] = Field(int(number or 0), self._kind(package, kind), _first(_MERGES, rest))

    def _kind(self, package: str, kind: str) -> str:
        if kind in _SCALARS:
            return _SCALARS[kind]
        if kind.startswith("*"):
            return "*" + self._kind(package, kind[1:])
        if kind.startswith("[]"):
            return "[]" + self._kind(package, kind[2:])
        if kind.startswith("map["):
            return "map:" + self._kind(package, kind.partition("]")[2])
        return self._named(package, kind)

    def _named(self, package: str, kind: str) -> str:
        if "." in kind:
            short, _, kind = kind.partition(".")
            package = _PACKAGES[short]
        if package == "meta/v1" and f"metav1.{kind}" in _SCALARS:
            return _SCALARS[f"metav1.{kind}"]
        if alias := dict(_ALIAS.findall(self.text(package))).get(kind):
            return self._kind(package, alias)
        self.struct(package, kind)
        return f"{package}.{kind}"


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def main(api: str, machinery: str) -> None:
    sources = Sources(Path(api), Path(machinery))
    for kind in BUILT_IN:
        if not kind.group.startswith("apiextensions"):
            group = kind.group.removesuffix(".k8s.io").partition(".")[0] or "core"
            sources.struct(f"{group}/{kind.version}", kind.name)
    for name in REVIEWS:
        sources.struct("authorization/v1", name)
    sources.struct("policy/v1", "Eviction")
    lines = [msgspec.json.encode({name: _told(found)})[1:-1].decode() for name, found in sorted(sources.fields.items())]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _told(fields: dict[str, Field]) -> dict[str, list[int | str]]:
    return {name: [part for part in msgspec.structs.astuple(field) if part != ""] for name, field in fields.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
