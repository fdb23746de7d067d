"""How a process is configured: one frozen Struct, from FAIRLEAD_… variables, then a TOML file, then defaults.

A Struct may hold other Structs; their fields are read as if they were its own, so one name means the same in every
process. Names that belong to one process begin with the process's name (`identity_token_seconds`). An environment or a
file may serve all processes at once, hence an unknown name is refused by whoever owns its prefix and, where nobody
does, by everyone: a misspelling always stops the process it was meant for.
"""

import argparse
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from libs.runtime.field import Field, fields_of
from libs.runtime.secret import Secret

PREFIX = "FAIRLEAD_"
PROCESSES = (
    "agent", "evaluator", "executor", "gateway", "identity", "intake", "notifier", "planner", "sandbox", "webhooks",
)  # fmt: skip
CLIENT = frozenset({"server", "token", "output", "client_id", "client_secret", "client_secret_file"})
"""What the command line reads; never a process's business."""

KNOWN_STORE = "known-store.json"
"""In the state folder: what was seen of the store. A start without it takes the store as it is."""

_FILE_BYTES = 1024 * 1024
_SECRET_BYTES = 64 * 1024

Settings = TypeVar("Settings", bound=Struct)


class ProcessSettings(Struct, frozen=True):
    """What every process shares."""

    nats_url: Annotated[
        str,
        Meta(
            description="where NATS is, or several of its nodes; empty: nats://127.0.0.1:4222, under `fairlead up` "
            "an embedded server"
        ),
    ] = ""
    nats_user: Annotated[str, Meta(description="this process's user at NATS; empty: none, or as the URL says")] = ""
    nats_password: Annotated[Secret | None, Meta(description="the password of that user")] = None
    nats_authority: Annotated[
        Path | None,
        Meta(description="PEM file of the CA that vouches for NATS, to which TLS is then spoken; unset: no TLS"),
    ] = None
    nats_replicas: Annotated[
        int, Meta(description="on how many NATS nodes everything is kept, the same for every process", ge=1, le=5)
    ] = 1
    http_address: Annotated[
        str,
        Meta(description="host:port for health, metrics and HTTP; port 0: any", pattern=r"^.+:\d{1,5}$"),
    ] = "127.0.0.1:8080"
    state_dir: Annotated[Path, Meta(description="folder for what this process keeps on disk")] = Path(".fairlead")
    secrets_dir: Annotated[
        Path | None, Meta(description="folder of the secrets, <tenant>/<name>; unset: secrets in the state folder")
    ] = None
    public_url: Annotated[
        str, Meta(description="where people and agents reach this installation; empty: http://<http_address>")
    ] = ""
    issuer_url: Annotated[str, Meta(description="who issues tokens; empty: the public URL")] = ""
    audience: Annotated[str, Meta(description="whom tokens must be for", min_length=1)] = "fairlead"
    sealing_key: Annotated[
        Secret | None,
        Meta(description="32 bytes in base64 that seal stored keys and blobs; unset: kept in the state folder"),
    ] = None
    profile: Annotated[
        Literal["production", "development"],
        Meta(description="development allows loopback egress and a plain-HTTP issuer"),
    ] = "production"
    log_format: Annotated[Literal["json", "text"], Meta(description="how log lines look")] = "json"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="the least severe line that is written")
    ] = "info"
    stop_seconds: Annotated[
        float, Meta(description="how long a stopping process may take before it is ended", gt=0, le=600)
    ] = 20.0

    @property
    def nats(self) -> tuple[str, ...]:
        """Where NATS is for a process that starts no server of its own: any of its nodes will do."""
        named = tuple(part.strip() for part in self.nats_url.split(",") if part.strip())
        return named or ("nats://127.0.0.1:4222",)


class WrongSettings(Exception):
    """Settings that no process can start with; each problem names its setting and what was expected."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def load(cls: type[Settings], argv: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """The settings of a process that starts; a wrong one ends it with 2, `--help` with 0."""
    parser = _parser(cls)
    config: Path | None = parser.parse_args(argv).config
    try:
        return read(cls, environ, _toml(config) if config else {})
    except WrongSettings as wrong:
        parser.exit(2, f"{wrong}\nEvery setting is listed by --help.\n")


def read(cls: type[Settings], environ: Mapping[str, str], file: Mapping[str, Any]) -> Settings:
    """Decode settings, or raise `WrongSettings` with every problem at once."""
    fields = {field.name: field for field in fields_of(cls)}
    texts = {name.removeprefix(PREFIX).lower(): text for name, text in environ.items() if name.startswith(PREFIX)}
    problems = [*_unknown(fields, texts, "the environment"), *_unknown(fields, file, "the file")]
    values: dict[str, Any] = {}
    for field in fields.values():
        try:
            values |= _value(field, texts, file)
        except ValueError as error:
            problems.append(f"{_variable(field.name)}: {error}")
    if problems:
        raise WrongSettings(problems)
    return _build(cls, values)


def _value(field: Field, texts: Mapping[str, str], file: Mapping[str, Any]) -> dict[str, Any]:
    """The field's value under its name, or nothing where its default holds."""
    for given, source, strict in ((texts, "the environment", False), (file, "the file", True)):
        if field.is_secret and f"{field.name}_file" in given:
            if field.name in given:
                raise ValueError(f"given twice in {source}, as a value and as {_variable(field.name)}_FILE")
            return {field.name: _secret_file(given[f"{field.name}_file"])}
        if field.name in given:
            return {field.name: field.decode(given[field.name], source, strict=strict)}
    if field.required:
        raise ValueError(f"expected {field.expected} ({field.meaning}), but it is not set")
    return {}


def _secret_file(path: object) -> Secret:
    try:
        content = Path(str(path)).read_bytes()
        if len(content) > _SECRET_BYTES:
            raise ValueError(f"expected a file of at most {_SECRET_BYTES} bytes, got {len(content)} in {path}")
        return Secret(content.decode().rstrip("\r\n"))
    except OSError as error:
        raise ValueError(f"expected a file that can be read, got {path} ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"expected text in {path}") from error


def _unknown(fields: Mapping[str, Field], given: Mapping[str, Any], source: str) -> list[str]:
    known = {*fields, *(f"{field.name}_file" for field in fields.values() if field.is_secret)}
    return [
        f"{_variable(name)}: not a setting ({source}){_suggestion(name, known)}"
        for name in given
        if name not in known and not _is_elsewhere(name, known)
    ]


def _is_elsewhere(name: str, known: set[str]) -> bool:
    """Whether another process, not this one, must know the name."""
    if name in CLIENT or name.removesuffix("_file") in _SHARED:
        return True
    owner = next((process for process in PROCESSES if name.startswith(f"{process}_")), None)
    return owner is not None and not any(mine.startswith(f"{owner}_") for mine in known)


def _suggestion(name: str, known: set[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {_variable(close[0])}?" if close else ""


def _build(cls: type[Settings], values: Mapping[str, Any]) -> Settings:
    arguments: dict[str, Any] = {}
    for field in msgspec.structs.fields(cls):
        if isinstance(field.type, type) and issubclass(field.type, Struct):
            arguments[field.name] = _build(field.type, values)
        elif field.name in values:
            arguments[field.name] = values[field.name]
    try:
        return cls(**arguments)
    except ValueError as error:
        raise WrongSettings([str(error)]) from error


def _toml(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
        if len(content) > _FILE_BYTES:
            raise WrongSettings([f"--config {path}: expected at most {_FILE_BYTES} bytes, got {len(content)}"])
        return tomllib.loads(content.decode())
    except OSError as error:
        raise WrongSettings([f"--config {path}: expected a file that can be read ({error.strerror})"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WrongSettings([f"--config {path}: expected TOML: {error}"]) from error


def _parser(cls: type[Struct]) -> argparse.ArgumentParser:
    lines = [line for field in fields_of(cls) for line in _described(field)]
    parser = argparse.ArgumentParser(
        prog=f"python -m {cls.__module__.rpartition('.')[0]}",
        description=cls.__doc__,
        epilog="settings, from variables, then from the file, then these defaults:\n\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="a TOML file: a setting's name without FAIRLEAD_")
    return parser


def _described(field: Field) -> list[str]:
    from_file = f" (or {_variable(field.name)}_FILE names a file that holds it)" if field.is_secret else ""
    return [f"  {_variable(field.name)}  {field.expected}; {field.default}", f"      {field.meaning}{from_file}"]


def _variable(name: str) -> str:
    return PREFIX + name.upper()


_SHARED = frozenset(field.name for field in fields_of(ProcessSettings))
