"""The generated code of every .proto file."""

from collections.abc import Iterator
from pathlib import Path

from grpc_tools import protoc


def compile_protos(root: Path, into: Path) -> Iterator[tuple[Path, bytes]]:
    """Compile below `into`; each file with its path from the root. `path = import` holds because `root` is the base."""
    sources = sorted(path.relative_to(root) for path in (root / "proto").rglob("*.proto"))
    flags = [f"--{kind}_out={into}" for kind in ("python", "pyi")]
    failed = protoc.main(["protoc", f"-I{root}", *flags, *map(str, sources)])
    if failed:
        raise SystemExit(f"protoc ended with {failed}")
    for path in sorted(into.rglob("*.py*")):
        yield path.relative_to(into), path.read_bytes()
