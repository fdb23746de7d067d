"""The state folder: which ports were taken at the first start, where logs and clusters are, one user at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import msgspec
from msgspec import Meta, Struct

from cli.exits import Exit, Stop
from cli.options import UP_FILE, Up
from libs.runtime.settings import KNOWN_STORE
from libs.runtime.whole import write_whole

CLUSTERS = ("staging", "prod")
PORTS = ("http", "gateway", *CLUSTERS)

Port = Annotated[int, Meta(ge=0, le=65535)]


class Credential(Struct, frozen=True):
    client_id: str
    client_secret: str


class Bootstrap(Struct, frozen=True):
    """What the services write down at their first start."""

    server: str
    issuer: str
    gateway: str
    ca: str
    admin: Credential
    agents: dict[str, Credential]


class Layout:
    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    @property
    def bootstrap(self) -> Path:
        return self.folder / "bootstrap.json"

    @property
    def ports_file(self) -> Path:
        return self.folder / "ports.json"

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def cluster(self, name: str) -> Path:
        return self.folder / "clusters" / name

    def kubeconfig(self, name: str) -> Path:
        return self.folder / f"{name}.kubeconfig"

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Only one `fairlead up` works on a folder."""
        with self._lock() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                hint = "stop it, or use another folder: FAIRLEAD_STATE_DIR=…"
                raise Stop(Exit.FAILED, f"another fairlead up works in {self.folder}", hint) from None
            yield

    def _lock(self) -> TextIO:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.folder / "logs").mkdir(exist_ok=True)
            return (self.folder / "up.lock").open("w")
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> Stop:
        why = f"{error.filename}: {error.strerror}"
        return Stop(
            Exit.FAILED, f"the state folder {self.folder} cannot be used", why, "name another: FAIRLEAD_STATE_DIR=…"
        )

    def ports(self) -> dict[str, int]:
        """The same at every start: agents and clients find everything where it was."""
        from libs.runtime.port import free_port

        try:
            known = self._known_ports()
            chosen = {name: known.get(name) or free_port() for name in PORTS}
            write_whole(self.ports_file, msgspec.json.encode(chosen))
        except OSError as error:
            raise self._unusable(error) from error
        return chosen

    def _known_ports(self) -> dict[str, int]:
        if not self.ports_file.exists():
            return {}
        try:
            return msgspec.json.decode(self.ports_file.read_bytes(), type=dict[str, Port])
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            hint = "delete it: the next start chooses ports anew"
            raise Stop(Exit.FAILED, f"{self.ports_file} does not say which ports to use: {error}", hint) from error

    def read_bootstrap(self) -> Bootstrap | None:
        """None while the services have not written it."""
        try:
            return msgspec.json.decode(self.bootstrap.read_bytes(), type=Bootstrap)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def write_up(self, up: Up) -> None:
        write_whole(self.folder / UP_FILE, msgspec.json.format(msgspec.json.encode(up)))

    def forget_store(self) -> bool:
        """The next start takes the store as it is; false where nothing of it was known."""
        known = self.folder / KNOWN_STORE
        is_known = known.exists()
        known.unlink(missing_ok=True)
        return is_known

    def forget_up(self) -> None:
        (self.folder / UP_FILE).unlink(missing_ok=True)
