"""The options that every command takes, and where the server is when they do not say."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from cyclopts import Parameter
from msgspec import Struct

from cli.exits import Exit, Stop

UP_FILE = "up.json"
STATE_DIR = ".fairlead"

_TOKEN = re.compile(r"[\x21-\x7e]+")
_FLAGS = frozenset({"--no-color", "-v", "--verbose"})
_CLIENT_ID = ["--client-id", "--clientId", "-c"]
_CLIENT_SECRET = ["--client-secret", "--clientSecret", "-s"]
_VALUES = frozenset(
    {"-o", "--output", "--server", "--addr", "--token", "--authToken", "-a", "--issuer", *_CLIENT_ID, *_CLIENT_SECRET}
)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Options:
    """Where to, how to log in, how to print."""

    output: Annotated[
        Literal["text", "json", "yaml"],
        Parameter(
            name=["--output", "-o"],
            env_var=["FAIRLEAD_OUTPUT", "ARMORY_OUTPUT"],
            show_env_var=False,
            help="How results are printed.",
        ),
    ] = "text"
    server: Annotated[
        str,
        Parameter(
            name=["--server", "--addr"],
            env_var=["FAIRLEAD_SERVER", "ARMORY_ADDR"],
            help="URL of the server.",
            show_default=False,
        ),
    ] = ""
    token: Annotated[
        str,
        Parameter(
            name=["--token", "--authToken", "-a"],
            env_var=["FAIRLEAD_TOKEN", "ARMORY_AUTHTOKEN", "ARMORY_AUTH_TOKEN"],
            help="Bearer token.",
            show_default=False,
        ),
    ] = ""
    client_id: Annotated[
        str, Parameter(name=_CLIENT_ID, help="Ask as this client; else FAIRLEAD_CLIENT_ID, else whoever is logged in.")
    ] = ""
    client_secret: Annotated[
        str, Parameter(name=_CLIENT_SECRET, help="Its secret; better in FAIRLEAD_CLIENT_SECRET, or in a file it names.")
    ] = ""
    issuer: Annotated[
        str,
        Parameter(
            name="--issuer",
            env_var="FAIRLEAD_ISSUER_URL",
            help="URL that gives tokens, where it is not the server's.",
            show_default=False,
        ),
    ] = ""
    no_color: Annotated[bool, Parameter(name="--no-color", negative="", help="Print without colour.")] = False
    verbose: Annotated[
        bool, Parameter(name=["--verbose", "-v"], negative="", help="Say what is asked of the server.")
    ] = False


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Nearby(Options):
    """The options of a command that asks no server: where one is named, as scripts do everywhere, it is passed over."""

    server: Annotated[str, Parameter(name=["--server", "--addr"], show=False)] = ""
    token: Annotated[str, Parameter(name=["--token", "--authToken", "-a"], show=False)] = ""
    client_id: Annotated[str, Parameter(name=_CLIENT_ID, show=False)] = ""
    client_secret: Annotated[str, Parameter(name=_CLIENT_SECRET, show=False)] = ""
    issuer: Annotated[str, Parameter(name="--issuer", show=False)] = ""


DEFAULTS = Options()
NEARBY = Nearby()


class Up(Struct, frozen=True, omit_defaults=True):
    """What `fairlead up` writes down for the other commands."""

    server: str
    token: str
    gateway: str = ""
    nats: str = ""
    clusters: dict[str, str] = {}
    """The kubeconfig of each sandbox cluster."""


class Place(Struct, frozen=True):
    server: str
    token: str = ""
    """Given with the command, else that of a running `fairlead up`; empty: there is neither."""
    is_given: bool = False


def where(options: Options, environ: Mapping[str, str] = os.environ, last: Callable[[], str] = str) -> Place:
    """The server and the token to use; what is not given is taken from a running `fairlead up`, or from `last`."""
    given = options.token.strip()
    if given and not _TOKEN.fullmatch(given):
        raise Stop(Exit.WRONG, "the token has a line break, a space or another character that no token has")
    if options.server and given:
        return Place(_address(options.server), given, is_given=True)
    up = running(state_dir(environ))
    server = _address(options.server) if options.server else up.server if up else last()
    if not server:
        raise Stop(
            Exit.UNREACHABLE,
            "no server is known",
            "name it with --server or FAIRLEAD_SERVER, or start one on this machine: fairlead up",
        )
    token = given or (up.token if up and server == up.server else "")
    return Place(server, token, is_given=bool(given))


def known_server(environ: Mapping[str, str] = os.environ) -> str:
    """The server that a command would ask; empty where none is known."""
    up = running(state_dir(environ))
    return environ.get("FAIRLEAD_SERVER", "").rstrip("/") or (up.server if up else "")


def _address(server: str) -> str:
    given = server.strip().rstrip("/")
    try:
        parts = urlsplit(given)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one or not given.isprintable() or " " in given:
        raise Stop(Exit.WRONG, f"{given!r} is not the address of a server", "write http://host:port or https://host")
    return given


def state_dir(environ: Mapping[str, str] = os.environ) -> Path:
    return Path(environ.get("FAIRLEAD_STATE_DIR") or STATE_DIR)


def reordered(arguments: Sequence[str]) -> list[str]:
    """Options of every command may stand before it as well: `fairlead -o json deploy list`."""
    rest = list(arguments)
    first: list[str] = []
    while rest and (rest[0] in _FLAGS or rest[0].partition("=")[0] in _VALUES):
        taken = 2 if rest[0] in _VALUES else 1
        first, rest = first + rest[:taken], rest[taken:]
    return rest + first if rest else first


def running(folder: Path) -> Up | None:
    """What `fairlead up` wrote into its folder."""
    try:
        return msgspec.json.decode((folder / UP_FILE).read_bytes(), type=Up)
    except (OSError, msgspec.MsgspecError):
        return None
