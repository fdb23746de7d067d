"""Asking the server: JSON in and out, and each way of saying no turned into the exit code that scripts expect."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec

from cli.exits import Exit, Stop
from cli.login.access import Access, access, place_of
from cli.login.credential import SHOWN
from cli.options import Options, Place
from cli.output import Output
from cli.program import command
from cli.server.asking import Answer, Lines, Request, Unreached
from libs.api.file_problem import FileProblem
from libs.api.problem import ProblemDocument

ATTEMPTS = 4
_PAUSES = (0.5, 1.0, 2.0)
_AGAIN = frozenset({429, 502, 503, 504})
API = "/api/v1"
_NONE: Mapping[str, str] = {}

Document = TypeVar("Document")


class Client:
    def __init__(self, lines: Lines, place: Place, output: Output, shown: Access) -> None:
        self._lines = lines
        self._output = output
        self.place = place
        self.access = shown

    async def get(self, path: str, kind: type[Document]) -> Document:
        return decoded(await self._ask("GET", path), kind, self.place.server)

    async def post(self, path: str, body: Any, kind: type[Document], key: str = "") -> Document:
        """Repeated after a failure of the way only where `key` makes a repeat harmless."""
        headers = {"Idempotency-Key": key} if key else {}
        return decoded(await self._ask("POST", path, msgspec.json.encode(body), headers), kind, self.place.server)

    async def put(self, path: str, body: Any, kind: type[Document], match: str = "") -> Document:
        """`match`: only where what is there still has this revision."""
        headers = {"If-Match": f'"{match}"'} if match else {}
        return decoded(await self._ask("PUT", path, msgspec.json.encode(body), headers), kind, self.place.server)

    async def delete(self, path: str) -> bytes:
        """What the server says of it, which may be nothing."""
        return await self._ask("DELETE", path)

    async def date(self) -> str:
        """The server's clock, as it tells it with any answer."""
        answer = await self._once(Request("GET", "/healthz"), is_last=True)
        return answer.headers.get("date", "")

    async def readiness(self) -> bytes:
        """What the server says of its own parts, or whoever answers in its place."""
        return (await self._once(Request("GET", "/readyz"), is_last=True)).body

    async def _ask(self, method: str, path: str, body: bytes | None = None, more: Mapping[str, str] = _NONE) -> bytes:
        attempts = ATTEMPTS if "Idempotency-Key" in more or method == "GET" else 1
        answer = await self._tried(method, path, (body, more), attempts)
        if answer.status == 401 and await self.access.refused():
            answer = await self._tried(method, path, (body, more), attempts)
        if answer.status == 401 and self.place.is_given and self.place.token.count(".") != 2:
            raise Stop(
                Exit.NOT_ALLOWED, "what was given as the token is none", "give one with --token or FAIRLEAD_TOKEN"
            )
        if answer.status >= 400:
            raise refused(answer.status, answer.body)
        if answer.status >= 300:
            raise _elsewhere(self.place.server, answer)
        return answer.body

    async def _tried(self, method: str, path: str, sent: tuple[bytes | None, Mapping[str, str]], most: int) -> Answer:
        body, more = sent
        request = Request(method, f"{API}{path}", {**await self.headers(), **more}, body)
        for attempt in range(most):
            answer = await self._once(request, is_last=attempt + 1 == most)
            if answer.status and answer.status not in _AGAIN:
                break
            if attempt + 1 < most:
                await asyncio.sleep(_PAUSES[attempt])
        return answer

    async def _once(self, request: Request, *, is_last: bool) -> Answer:
        """Status 0 where the server could not be reached and there is another attempt."""
        self._output.debug(f"{request.method} {self.place.server}{request.path}")
        try:
            return await self._lines.ask(request)
        except Unreached as error:
            if is_last:
                raise unreachable(self.place.server, error) from error
            return Answer(0, b"")

    async def headers(self) -> dict[str, str]:
        """What every request says."""
        return {"Authorization": f"Bearer {await self.access.token()}", "Content-Type": "application/json"}


@asynccontextmanager
async def connected(options: Options, output: Output) -> AsyncIterator[Client]:
    place = place_of(options)
    if options.client_secret and not place.is_given:
        output.note(SHOWN, "yellow")
    shown = access(options, place, os.environ)
    lines = Lines(place.server)
    try:
        yield Client(lines, place, output, shown)
    finally:
        lines.close()


def unreachable(server: str, error: BaseException) -> Stop:
    why = str(error) or type(error).__name__
    return Stop(Exit.UNREACHABLE, f"{server} cannot be reached: {why}", "is the server running? fairlead up starts one")


def refused(status: int, text: bytes) -> Stop:
    """The server's no, in words."""
    try:
        problem = msgspec.json.decode(text, type=ProblemDocument)
    except msgspec.MsgspecError:
        return Stop(_code(status, ""), f"the server answered {status} with something that is not a problem document")
    whole = msgspec.json.decode(text)
    if problem.problems:
        return Stop(Exit.WRONG, problem.detail, *(spelled(one) for one in problem.problems), problem=whole)
    return Stop(_code(status, problem.code), problem.detail or problem.title, *_hints(problem), problem=whole)


def _elsewhere(server: str, answer: Answer) -> Stop:
    where_to = answer.headers.get("location", "")
    return Stop(Exit.WRONG, f"{server} sends us to {where_to or 'another address'}", "give that one with --server")


def spelled(problem: FileProblem, file: str = "") -> str:
    """One line: `file:line:column: path: message (hint)`."""
    name = problem.file or file
    where = ":".join([name] * bool(name) + [str(problem.line), str(problem.column)] * bool(problem.line))
    words = (where, problem.path, "warning" if problem.severity == "warning" else "", problem.message)
    return ": ".join(word for word in words if word) + (f" ({problem.hint})" if problem.hint else "")


def _code(status: int, code: str) -> Exit:
    if code == "deployment_in_progress":
        return Exit.IN_PROGRESS
    if code == "ambiguous_id":
        return Exit.WRONG
    if status in (401, 403):
        return Exit.NOT_ALLOWED
    return Exit.WRONG if status in (400, 413, 422) else Exit.FAILED


def _hints(problem: ProblemDocument) -> tuple[str, ...]:
    match problem.code:
        case "deployment_in_progress":
            return (f"follow it: {command('deploy', 'watch', problem.deployment)}",)
        case "ambiguous_id":
            return tuple(f"{one.id}  {one.application}, {one.phase}, by {one.by}" for one in problem.deployments)
        case "several_to_undo":
            return (f"{command('deploy', 'undo', '--target', 'NAME')}, once for each group of targets",)
        case "agent_in_use":
            return tuple(command("deploy", "watch", one.id) for one in problem.deployments)
        case "agent_connected":
            return (f"{command('agent', 'delete', 'NAME', '--force')} takes it away all the same",)
        case "not_authenticated":
            return (f"log in: {command('login')}, or give another token with --token or FAIRLEAD_TOKEN",)
        case _:
            return ()


def decoded(text: bytes, kind: type[Document], server: str) -> Document:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise Stop(Exit.FAILED, f"{server} answered something this release cannot read: {error}") from error
