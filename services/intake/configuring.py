"""The configuration over HTTP: shown, and made what a file says, without undoing what somebody else does meanwhile."""

import re

import msgspec
from aiohttp import web

from libs.api.config import ApplyConfig, ConfigApplied, ConfigView, ShownConfig
from libs.auth import assigned
from libs.auth.http import caller
from libs.auth.principal import Principal
from libs.config.changes import Applied, apply
from libs.config.model import Config
from libs.config.parse import Parsed, parse
from libs.config.store import Configuration, Revised, read, write
from libs.durable.ports import Conflict, Store, Unknown
from libs.runtime import log
from libs.runtime.http import answer, body
from libs.runtime.problem import Problem
from libs.runtime.process import Process
from libs.spec.problems import Problem as FileProblem
from libs.spec.problems import counted
from services.intake.sending import ATTEMPTS

_ETAG = re.compile(r'(?:W/)?"([0-9]{1,19})"')


class Configuring:
    def __init__(self, store: Store, known: Configuration, process: Process) -> None:
        self._store = store
        self._known = known
        self._process = process

    async def show(self, request: web.Request) -> web.Response:
        tenant = caller(request).tenant
        found = await read(self._store, tenant)
        return answer(ConfigView(shown(found.config, tenant), found.revision), headers=_etag(found.revision))

    async def apply(self, request: web.Request) -> web.Response:
        who, wanted, expected = caller(request), await body(request, ApplyConfig), _expected(request)
        parsed = parse(wanted.config, who.tenant)
        if parsed.config is None:
            raise _invalid(parsed.problems)
        done = await self._applied(who, parsed, expected, is_trial=wanted.dry_run)
        return answer(done, headers=_etag(done.revision))

    async def _applied(self, who: Principal, parsed: Parsed, expected: int | None, *, is_trial: bool) -> ConfigApplied:
        assert parsed.config is not None, "a file with errors was refused"
        for _ in range(ATTEMPTS):
            found = await read(self._store, who.tenant)
            if expected is not None and expected != found.revision:
                raise _changed(found.revision)
            applied = apply(found.config, parsed.config, parsed.sections)
            try:
                revision = found.revision if is_trial else await self._written(who, found, applied)
            except Conflict:
                continue
            warnings = tuple(problem.text() for problem in parsed.problems)
            return ConfigApplied(revision, applied.changes, notice(applied), warnings, is_trial)
        raise Problem(503, "others change the configuration all the time: try again", headers={"Retry-After": "2"})

    async def _written(self, who: Principal, found: Revised, applied: Applied) -> int:
        if applied.config == found.config and found.revision:
            return found.revision
        # Before the roles go: a credential that lost a role too early is safe, one that kept a name that is given
        # another meaning later is not.
        losing = await assigned.withdraw(self._store, who.tenant, applied.deleted_roles)
        wanted = Revised(applied.config, found.revision, found.since)
        revision = await self._put(who, wanted)
        self._known.forget([who.tenant])
        told = [
            f"{change.done} {change.what} {change.name}" for change in applied.changes if change.done != "unchanged"
        ]
        log.logger().info("config_applied", by=who.subject, revision=revision, changes=told[:50], losing_roles=losing)
        return revision

    async def _put(self, who: Principal, wanted: Revised) -> int:
        try:
            return await write(self._store, who.tenant, wanted, self._process.clock.now(), who.subject)
        except Unknown as error:
            found = await read(self._store, who.tenant)
            if found.config == wanted.config:
                return found.revision
            raise Conflict("no verdict, and not written") from error


def shown(config: Config, tenant: str) -> ShownConfig:
    return ShownConfig((tenant,), config.roles, config.metric_providers, config.notifications)


def notice(applied: Applied) -> str:
    kept = [f"{one.what} {one.name}" for one in applied.changes if one.done == "kept"]
    if not kept:
        return ""
    names = ", ".join(kept)
    return (
        f"the file leaves out {names}: still there, because deleting is destructive and the file does not ask for it. "
        "To delete what the file leaves out, add allowAutoDelete: true"
    )


def _invalid(problems: tuple[FileProblem, ...]) -> Problem:
    detail = f"the configuration file has {counted(problems)}"
    return Problem(422, detail, "invalid_config_file", {"problems": msgspec.to_builtins(problems)})


def _expected(request: web.Request) -> int | None:
    """The revision that the client has seen; None where it does not care."""
    given = request.headers.get("If-Match", "*").strip()
    if given == "*":
        return None
    match = _ETAG.fullmatch(given)
    if match is None:
        raise Problem(400, 'expected If-Match: and the ETag of an earlier answer, such as "7"')
    return int(match[1])


def _changed(revision: int) -> Problem:
    detail = f"the configuration was changed meanwhile and has revision {revision} now: look at it and apply again"
    return Problem(412, detail, "config_changed", {"revision": revision}, _etag(revision))


def _etag(revision: int) -> dict[str, str]:
    return {"ETag": f'"{revision}"'}
