"""Accepting a deployment: checked whole, then committed once, whoever repeats the request and whatever breaks."""

import asyncio

import msgspec
from msgspec.structs import replace

from libs.api.file_problem import FileProblem
from libs.api.request import Again, StartRequest
from libs.api.view import Accepted, Links, Validated
from libs.auth.http import require_current
from libs.auth.principal import Principal
from libs.config.store import read
from libs.durable.ports import Conflict, Store, Unknown
from libs.messages.subject import PARTITIONS, Key
from libs.runtime.problem import Problem
from libs.runtime.process import Process
from libs.runtime.trace import current_traceparent
from libs.spec import problems as spec_problems
from libs.spec.model import Spec
from services.intake.accepting import acceptance
from services.intake.accepting.acceptance import Applicant, Submission
from services.intake.accepting.check import Checked, check, check_agents, is_asked
from services.intake.accepting.crowd import Crowd
from services.intake.accepting.providers import measures, missing_providers
from services.intake.directory import Directory
from services.intake.sending import ATTEMPTS, unsettled
from services.intake.settings import IntakeSettings
from services.intake.showing.records import Records

QUEUES = "enqueueOne"
"""What a file says that would rather wait than be refused."""
MOST_CONTEXT_BYTES = 32 * 1024
MOST_SOURCE_BYTES = 16 * 1024
_THREAD_BYTES = 32 * 1024
"""Larger files are read in a thread: reading one must not hold up everybody else's answers."""


class Starting:
    def __init__(self, store: Store, process: Process, settings: IntakeSettings) -> None:
        self._store = store
        self._process = process
        self._settings = settings
        self._records = Records(store)
        self._directory = Directory(store, process.clock)
        self._crowd = Crowd(settings.intake_starts)

    async def start(self, who: Principal, request: StartRequest, idempotency_key: str, redeploys: str = "") -> Accepted:
        with self._crowd.joined():
            return await self._start(who, request, idempotency_key, redeploys)

    async def _start(self, who: Principal, request: StartRequest, idempotency_key: str, redeploys: str) -> Accepted:
        _require_bounds(request)
        checked = await self._checked(request)
        assert checked.spec is not None, "a file with errors was refused"
        owner = (who.tenant, checked.spec.application)
        key = acceptance.deployment_key(owner, PARTITIONS, idempotency_key, self._process.random)
        text = acceptance.canonical(request)
        request_digest = acceptance.digest(text)
        warnings = tuple(problem.text() for problem in checked.problems)
        # Without a key of the client's the place is a random one, where nobody was before.
        accepted = await self._known(key, request_digest) if idempotency_key else None
        if accepted is None:
            warnings += await self._check_agents(who, request, checked)
            submission = Submission(
                submission=request_digest,
                application=checked.spec.application,
                by=who.subject,
                at=self._process.clock.now(),
                description=checked.spec.description,
                context=checked.spec.context | request.context,
                source_control=request.source_control,
                redeploys=redeploys,
            )
            waits = checked.spec.when_in_progress == QUEUES
            accepted = await self._accept(who, key, submission, text, waits=waits)
        return _accepted(key, accepted, warnings)

    async def again(self, who: Principal, key: Key, change: Again, idempotency_key: str) -> Accepted:
        """Start what was handed in as the deployment at `key` once more."""
        submission = await self._records.submission(key)
        if submission is None:
            raise Problem(404, f"there is no deployment {key.deployment}")
        kept = msgspec.json.decode(await self._store.read(submission.submission), type=StartRequest)
        request = replace(
            kept,
            targets=kept.targets if change.targets is None else change.targets,
            account=change.account or kept.account,
            context=kept.context | change.context,
            source_control=change.source_control or kept.source_control,
        )
        return await self.start(who, request, idempotency_key, redeploys=key.deployment)

    async def validate(self, who: Principal, request: StartRequest) -> Validated:
        """What starting it would say, without starting it."""
        with self._crowd.joined():
            return await self._validate(who, request)

    async def _validate(self, who: Principal, request: StartRequest) -> Validated:
        _require_bounds(request)
        checked = await self._look(request)
        problems = checked.problems
        if checked.spec is not None:
            problems += await self._unknown(who, request, checked.spec)
        valid = all(problem.severity != "error" for problem in problems)
        application = checked.spec.application if checked.spec else request.application
        return Validated(valid, application, msgspec.convert(msgspec.to_builtins(problems), tuple[FileProblem, ...]))

    async def _checked(self, request: StartRequest) -> Checked:
        checked = await self._look(request)
        if checked.spec is None:
            raise _invalid(checked.problems)
        return checked

    async def _look(self, request: StartRequest) -> Checked:
        minimum = self._settings.intake_minimum_timeout_seconds
        size = len(request.config) + sum(len(text) for texts in request.files.values() for text in texts)
        if size > _THREAD_BYTES:
            return await asyncio.to_thread(check, request, minimum)
        return check(request, minimum)

    async def _check_agents(self, who: Principal, request: StartRequest, checked: Checked) -> tuple[str, ...]:
        """Refuse accounts that nobody registered and providers that nobody configured; warn of agents that are away."""
        assert checked.spec is not None, "a file with errors was refused"
        if unknown := await self._unknown(who, request, checked.spec):
            raise _invalid((*checked.problems, *unknown))
        away = sorted(_accounts(request, checked.spec) - await self._directory.connected(who.tenant))
        return tuple(f"agent {name} is not connected; its targets wait for it" for name in away)

    async def _unknown(self, who: Principal, request: StartRequest, spec: Spec) -> tuple[spec_problems.Problem, ...]:
        registered = await self._directory.registered(who.tenant, _accounts(request, spec))
        return (*check_agents(request, spec, registered), *await self._missing_providers(who, request, spec))

    async def _missing_providers(
        self, who: Principal, request: StartRequest, spec: Spec
    ) -> tuple[spec_problems.Problem, ...]:
        if not measures(request, spec):
            return ()
        config = (await read(self._store, who.tenant)).config
        return missing_providers(request, spec, {one.name: one for one in config.metric_providers})

    async def _known(self, key: Key, request_digest: str) -> Submission | None:
        """This very request as it was accepted before. Another one under its key is refused."""
        known = await self._records.submission(key)
        if known is not None and known.submission != request_digest:
            detail = f"this Idempotency-Key was used for another request, which became {key.deployment}"
            raise Problem(409, detail, "idempotency_conflict", {"deployment": key.deployment, "url": url_of(key)})
        return known

    async def _accept(
        self, who: Principal, key: Key, submission: Submission, text: bytes, *, waits: bool
    ) -> Submission:
        """Commit the batch, whoever else commits meanwhile and whatever the bus leaves unsaid."""
        is_doubtful = False
        for _ in range(ATTEMPTS):
            standing = await self._records.standing(key, submission.application)
            if standing.holder and not waits and key.deployment not in (standing.holder, standing.waiting):
                raise _in_progress(submission.application, Key(key.tenant, key.partition, standing.holder))
            submission = replace(submission, behind=standing.holder)
            # Only now: what a refused start saved would stay for ever.
            await self._store.save(text)
            # What may have been accepted already is not refused.
            if not is_doubtful:
                require_current(who, self._process.clock.now())
            try:
                await self._store.commit(acceptance.batch(Applicant(key, submission, standing, current_traceparent())))
            except (Conflict, Unknown) as error:
                is_doubtful = is_doubtful or isinstance(error, Unknown)
                if known := await self._known(key, submission.submission):
                    return known
            else:
                return submission
        raise unsettled()


def _accounts(request: StartRequest, spec: Spec) -> frozenset[str]:
    """Who must be registered for what is asked."""
    return frozenset(target.account for name, target in spec.targets.items() if is_asked(request, name))


def _require_bounds(request: StartRequest) -> None:
    """What travels in records besides the file's own text."""
    for name, value, most in (
        ("context", request.context, MOST_CONTEXT_BYTES),
        ("sourceControl", request.source_control, MOST_SOURCE_BYTES),
    ):
        if (size := len(msgspec.json.encode(value))) > most:
            raise Problem(422, f"{name} has {size} bytes; {most} are allowed", "too_large")


def _accepted(key: Key, submission: Submission, warnings: tuple[str, ...]) -> Accepted:
    links = Links(url_of(key), f"{url_of(key)}/events")
    return Accepted(
        id=key.deployment,
        application=submission.application,
        links=links,
        warnings=warnings,
        phase="queued" if submission.behind else "accepted",
        behind=submission.behind,
    )


def url_of(key: Key) -> str:
    return f"/api/v1/deployments/{key.deployment}"


def _invalid(problems: tuple[spec_problems.Problem, ...]) -> Problem:
    detail = f"the deployment file has {spec_problems.counted(problems)}"
    return Problem(422, detail, "invalid_deployment_file", {"problems": msgspec.to_builtins(problems)})


def _in_progress(application: str, holder: Key) -> Problem:
    detail = f"{application} is being deployed by {holder.deployment}; wait for its end, or abort it"
    found = {"application": application, "deployment": holder.deployment, "url": url_of(holder)}
    return Problem(409, detail, "deployment_in_progress", found)
