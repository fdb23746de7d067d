"""How the programs of Kubernetes are built from the Go module beside this file, and the name of what comes of it."""

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

MODULE = Path(__file__).parent
BUILD_SECONDS = 3600
"""For one program, its downloads included, on a machine that has other things to do."""
_LISTING_SECONDS = 600
_LISTING = ("go", "list", "-m", "-f", "{{.Version}}")


class Missing(Exception):
    """There is no Kubernetes on this machine and none can be had; the text says why."""


class Program(Struct, frozen=True):
    name: str
    package: str
    module: str
    stamped: tuple[str, ...] = ()
    """The packages in which it keeps its version; unstamped, an API server calls itself v0.0.0."""


_KUBERNETES = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")


def _of_kubernetes(name: str) -> Program:
    return Program(name, f"k8s.io/kubernetes/cmd/{name}", "k8s.io/kubernetes", _KUBERNETES)


# The longest first: the others then find most of what they need built already.
PROGRAMS = (
    _of_kubernetes("kube-apiserver"),
    _of_kubernetes("kube-controller-manager"),
    _of_kubernetes("kube-scheduler"),
    # Its main package is called `server`, hence the names told to the compiler.
    Program("etcd", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3"),
    Program("kwok", "sigs.k8s.io/kwok/cmd/kwok", "sigs.k8s.io/kwok"),
)


def fingerprint() -> str:
    """Changes with the versions and with this file, and with nothing else."""
    parts = [(MODULE / name).read_bytes() for name in ("go.mod", "go.sum", "recipe.py")]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def build(folder: Path, report: Callable[[str], None]) -> None:
    """Every program into a folder, one after another; minutes on a machine that never did it."""
    for number, program in enumerate(PROGRAMS, 1):
        report(f"building {program.name} ({number} of {len(PROGRAMS)})")
        version = _run((*_LISTING, program.module), _LISTING_SECONDS).strip()
        flags = ("-trimpath", "-buildvcs=false", "-ldflags", " ".join(("-s", "-w", *stamps(program, version))))
        _run(("go", "build", *flags, "-o", str(folder / program.name), program.package), BUILD_SECONDS)


def stamps(program: Program, version: str) -> tuple[str, ...]:
    """What the linker writes into a program, so that it knows its version; `version` is `v1.36.3`."""
    major, minor, *_ = version.removeprefix("v").split(".")
    values = {
        "gitMajor": major,
        "gitMinor": minor,
        "gitVersion": version,
        "gitTreeState": "clean",
        # Nothing of the day on which it was built: the same sources make the same programs.
        "buildDate": "1970-01-01T00:00:00Z",
    }
    return tuple(f"-X {package}.{name}={value}" for package in program.stamped for name, value in values.items())


def _run(command: tuple[str, ...], seconds: int) -> str:
    environ = {**os.environ, "CGO_ENABLED": "0"}
    try:
        done = subprocess.run(
            command, cwd=MODULE, env=environ, capture_output=True, text=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{' '.join(command)}: {error}") from error
    if done.returncode != 0:
        why = [line for line in done.stderr.splitlines() if not line.startswith("go: downloading")]
        raise Missing(f"{' '.join(command[:3])} … ended with {done.returncode}: {' '.join(why[-3:])[:400]}")
    return done.stdout
