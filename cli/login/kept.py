"""The logins of this person on this machine, one for each server, in a file that nobody else may read."""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cli.exits import Exit, Stop

MOST_BYTES = 1024 * 1024


class Login(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Who is logged in at a server, and what may be shown for it."""

    server: str
    issuer: str
    client_id: str
    token: str
    renew_at: datetime
    expires_at: datetime
    """The token's end, not the login's."""
    refresh_token: str = ""
    """Empty: nothing renews the token."""


class Logins(Struct, frozen=True, rename="camel"):
    logins: tuple[Login, ...] = ()
    last: str = ""
    """The server that was logged in to last: asked where none is named."""

    def at(self, server: str) -> Login | None:
        return next((one for one in self.logins if one.server == server), None)

    def without(self, server: str) -> "Logins":
        left = tuple(one for one in self.logins if one.server != server)
        return Logins(left, self.last if self.last != server else left[-1].server if left else "")

    def with_(self, login: Login) -> "Logins":
        return Logins((*self.without(login.server).logins, login), login.server)

    def renewed(self, login: Login) -> "Logins":
        """The same login with another token; whoever logged out or in meanwhile is not overruled."""
        known = self.at(login.server)
        if known is None or known.refresh_token != login.refresh_token:
            return self
        return replace(self, logins=tuple(login if one is known else one for one in self.logins))


def place(environ: Mapping[str, str] = os.environ) -> Path:
    """Only an absolute XDG_CONFIG_HOME counts, as its specification has it."""
    configured = Path(environ.get("XDG_CONFIG_HOME", ""))
    folder = configured if configured.is_absolute() else Path(environ.get("HOME") or Path.home(), ".config")
    return folder / "fairlead" / "logins.json"


def read(environ: Mapping[str, str] = os.environ) -> Logins:
    path = place(environ)
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(MOST_BYTES), type=Logins)
    except (FileNotFoundError, NotADirectoryError):
        return Logins()
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Stop(Exit.WRONG, f"{path} is not what `login` wrote", "remove it and log in again") from error
    except OSError as error:
        raise Stop(Exit.FAILED, f"{path} cannot be read: {error.strerror}") from error


def change(changed: Callable[[Logins], Logins], environ: Mapping[str, str] = os.environ) -> None:
    """Whole or not at all, one process after the other."""
    path = place(environ)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _alone(path.with_suffix(".lock")):
            _write(path, msgspec.json.format(msgspec.json.encode(changed(read(environ)))))
    except OSError as error:
        raise Stop(Exit.FAILED, f"{path} cannot be written: {error.strerror}") from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)
