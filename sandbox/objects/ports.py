"""Which ports may a container or a Service have? Numbers from 1 to 65535, names that are told apart."""

import re
from collections.abc import Iterator
from typing import Any

from sandbox.objects.causes import bad_value, duplicate, required, unsupported
from sandbox.objects.json import Object, items, text
from sandbox.objects.naming import LABEL_RULE, is_label
from sandbox.objects.refusals import Cause

HIGHEST = 65535
_RANGE = "must be between 1 and 65535, inclusive"
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_LONGEST_NAME = 15


def of_container(container: Object, path: str) -> Iterator[Cause]:
    named: list[str] = []
    for place, port in enumerate(items(container, "ports")):
        if isinstance(port, dict):
            yield from _container_port(port, f"{path}.ports[{place}]", named)


def _container_port(port: Object, path: str, named: list[str]) -> Iterator[Cause]:
    if name := text(port, "name"):
        yield from _name(name, f"{path}.name")
        yield from _once(name, f"{path}.name", named)
    if not port.get("containerPort"):
        yield required(f"{path}.containerPort")
    else:
        yield from _in_range(port["containerPort"], f"{path}.containerPort")
    if port.get("hostPort"):
        yield from _in_range(port["hostPort"], f"{path}.hostPort")
    yield from _protocol(port, path)


def of_service(service: Object) -> Iterator[Cause]:
    ports = [port for port in items(service, "spec", "ports") if isinstance(port, dict)]
    named: list[str] = []
    for place, port in enumerate(ports):
        path = f"spec.ports[{place}]"
        yield from _service_name(port, path, named, is_needed=len(ports) > 1)
        yield from _in_range(port.get("port", 0), f"{path}.port")
        yield from _protocol(port, path)
        yield from _target(port.get("targetPort", 0), f"{path}.targetPort")
    yield from _doubled(ports)


def _doubled(ports: list[Object]) -> Iterator[Cause]:
    """A number of a protocol leads to one place."""
    seen: list[tuple[Any, Any]] = []
    for place, port in enumerate(ports):
        key = (port.get("protocol"), port.get("port"))
        if key in seen:
            yield duplicate(f"spec.ports[{place}]", {"protocol": key[0], "port": key[1]})
        seen.append(key)


def _service_name(port: Object, path: str, named: list[str], *, is_needed: bool) -> Iterator[Cause]:
    name = text(port, "name")
    if not name and is_needed:
        yield required(f"{path}.name")
    elif name:
        if not is_label(name):
            yield bad_value(f"{path}.name", name, LABEL_RULE)
        yield from _once(name, f"{path}.name", named)


def _target(target: Any, path: str) -> Iterator[Cause]:
    yield from _name(target, path) if isinstance(target, str) else _in_range(target, path)


def _once(name: str, path: str, named: list[str]) -> Iterator[Cause]:
    if name in named:
        yield duplicate(path, name)
    named.append(name)


def _in_range(number: Any, path: str) -> Iterator[Cause]:
    if not isinstance(number, int) or not 1 <= number <= HIGHEST:
        yield bad_value(path, number, _RANGE)


def _protocol(port: Object, path: str) -> Iterator[Cause]:
    if port.get("protocol") not in _PROTOCOLS:
        yield unsupported(f"{path}.protocol", port.get("protocol"), _PROTOCOLS)


def _name(name: str, path: str) -> Iterator[Cause]:
    if len(name) > _LONGEST_NAME:
        yield bad_value(path, name, f"must be no more than {_LONGEST_NAME} characters")
    if not re.fullmatch(r"[-a-z0-9]+", name):
        yield bad_value(path, name, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search(r"[a-z]", name):
        yield bad_value(path, name, "must contain at least one letter (a-z)")
    if "--" in name:
        yield bad_value(path, name, "must not contain consecutive hyphens")
    if name[:1] == "-" or name[-1:] == "-":
        yield bad_value(path, name, "must not begin or end with a hyphen")
