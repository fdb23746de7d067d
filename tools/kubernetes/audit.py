"""What an API server was asked for, by whom, from its audit log."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

READS = frozenset({"get", "list", "watch"})


class _User(Struct, frozen=True):
    username: str = ""


class _Object(Struct, frozen=True, rename="camel"):
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    api_group: str = ""


class _Answer(Struct, frozen=True):
    code: int = 0


_SPELLED = {"uri": "requestURI", "about": "objectRef", "answer": "responseStatus"}


class _Line(Struct, frozen=True, rename=_SPELLED):
    verb: str
    uri: str
    stage: str = ""
    user: _User = _User()
    about: _Object = _Object()
    answer: _Answer = _Answer()


class Request(Struct, frozen=True):
    """One request that was answered, or a watch that was begun."""

    user: str
    verb: str
    group: str
    resource: str
    namespace: str
    name: str
    uri: str
    status: int

    @property
    def is_write(self) -> bool:
        return self.verb not in READS

    @property
    def is_rehearsal(self) -> bool:
        """Asked for without being done."""
        return "dryRun=All" in self.uri


class AuditLog:
    """The log from one instant on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._from = path.stat().st_size

    def requests(self, user: str) -> list[Request]:
        """Oldest first; a user is `system:serviceaccount:<namespace>:<name>`, or a name."""
        return [one for one in self._read() if one.user == user]

    def _read(self) -> Iterator[Request]:
        with self._path.open("rb") as lines:
            lines.seek(self._from)
            for text in lines:
                if not text.endswith(b"\n"):
                    return
                line = msgspec.json.decode(text, type=_Line)
                if not _is_end_of_watch(line):
                    yield _request(line)


def _is_end_of_watch(line: _Line) -> bool:
    """A watch has a line for its beginning too, unless it was refused."""
    return line.verb == "watch" and line.stage == "ResponseComplete" and line.answer.code == 200


def _request(line: _Line) -> Request:
    about = line.about
    resource = f"{about.resource}/{about.subresource}" if about.subresource else about.resource
    where = (about.api_group, resource, about.namespace, about.name)
    return Request(line.user.username, line.verb, *where, line.uri, line.answer.code)
