"""One row of the catalogue."""

from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """What a row's value is; `doors.py` knows who takes it."""

    FILE = "file"
    """Bytes of a deployment file."""
    BODY = "body"
    """Bytes of a request's body."""
    RAW = "raw"
    """Bytes of a whole HTTP request; `TOKEN` and `HOST` stand for real ones."""
    ID = "id"
    """A deployment's id in an address."""
    KEY = "key"
    """An Idempotency-Key."""
    AGENT = "agent"
    """A new agent's name."""
    COMMAND = "command"
    """Arguments of the command line, run in a folder of its own, one a line."""
    DECISION = "decision"
    """Bytes of a person's order to a deployment."""
    CALLBACK = "callback"
    """Bytes of a callback's body."""
    ADDRESS = "address"
    """What follows `/callbacks/` in an address."""
    CONFIG = "config"
    """Bytes of a configuration file."""


class Row(Struct, frozen=True):
    id: str
    """As the catalogue numbers it; several rows may carry one."""
    name: str
    kind: Kind
    value: bytes
    expects: tuple[str, ...] = ()
    """Codes, or statuses, of which the answer must carry one; empty: it is accepted."""
    is_servers: bool = False
    """Whether only the server can tell, and a check without one accepts it."""


def file(id_: str, name: str, text: str | bytes, *expects: str, is_servers: bool = False) -> Row:
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    return Row(id_, name, Kind.FILE, data, expects, is_servers)


def body(id_: str, name: str, data: bytes, *expects: str) -> Row:
    return Row(id_, name, Kind.BODY, data, expects)


def config(id_: str, name: str, text: str | bytes, *expects: str) -> Row:
    return Row(id_, name, Kind.CONFIG, text.encode() if isinstance(text, str) else text, expects)


def raw(id_: str, name: str, data: bytes, *expects: str) -> Row:
    return Row(id_, name, Kind.RAW, data, expects)


FILE = """\
application: shop
targets:
  prod: {account: prod, namespace: shop, strategy: careful}
manifests:
  - inline: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: web, image: "web:v1"}]}
strategies:
  careful: {canary: {steps: [{setWeight: {weight: 50}}]}}
"""


def with_steps(steps: str) -> str:
    return FILE.replace("[{setWeight: {weight: 50}}]", steps)


def with_lines(lines: str) -> str:
    """More at the top level."""
    return FILE + lines


def with_target(target: str) -> str:
    return FILE.replace("{account: prod, namespace: shop, strategy: careful}", target)
