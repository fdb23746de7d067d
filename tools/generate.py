"""Write what is generated from declarations, or with `--check` say which of it is out of date."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tools.busdoc import bus_page
from tools.faultdoc import faults_page
from tools.featuredoc import features_page
from tools.natsusers import users_page
from tools.protobuf import compile_protos

ROOT = Path(__file__).parent.parent


def generated() -> Iterator[tuple[Path, bytes]]:
    """Every generated file, relative to the repository, with the bytes that it should have."""
    yield Path("docs/bus.md"), bus_page().encode()
    yield Path("docs/features.md"), features_page(ROOT / "tests").encode()
    yield Path("docs/faults.md"), faults_page(ROOT / "tests").encode()
    yield Path("k8s/nats/users.conf"), users_page().encode()
    with tempfile.TemporaryDirectory() as folder:
        yield from compile_protos(ROOT, Path(folder))


def main(arguments: list[str]) -> int:
    stale = [(path, data) for path, data in generated() if not _holds(ROOT / path, data)]
    if arguments == ["--check"]:
        for path, _ in stale:
            sys.stderr.write(f"{path} is out of date: run `make docs`\n")
        return 1 if stale else 0
    for path, data in stale:
        (ROOT / path).write_bytes(data)
        sys.stdout.write(f"wrote {path}\n")
    return 0


def _holds(path: Path, data: bytes) -> bool:
    return path.exists() and path.read_bytes() == data


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
