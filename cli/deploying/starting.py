"""Starting a deployment: read and check everything here, hand it in once, follow it if that is wanted."""

import os
from typing import Any

from msgspec.structs import replace

from cli.commands.wanted import Wanted
from cli.deploying import github, scm
from cli.deploying.meant import found
from cli.deploying.pairs import pairs
from cli.exits import Exit, Stop
from cli.files.submission import Submission, read
from cli.output import Output
from cli.program import command
from cli.server.client import Client
from libs.api.request import Again, StartRequest
from libs.api.view import Accepted, DeploymentView
from libs.spec.given import Given

Following = tuple[bool, float | None]
"""Whether to follow, and for how many seconds at most."""


async def start(client: Client, output: Output, wanted: Wanted, key: str, following: Following) -> Exit:
    if bool(wanted.file) == bool(wanted.deployment):
        both = "a file and an earlier deployment were named" if wanted.file else "nothing to deploy was named"
        raise Stop(Exit.WRONG, both, "give either -f FILE or -i DEPLOYMENT")
    if wanted.deployment:
        return await _redeploy(client, output, wanted, key, following)
    submission = read(str(wanted.file), Given(wanted.application, wanted.account))
    check(output, submission)
    try:
        accepted = await client.post("/deployments", _request(output, submission, wanted), Accepted, key)
    except Stop as stop:
        stop.hints = _unheard(stop.hints, submission)
        raise
    accepted = replace(accepted, warnings=_unheard(accepted.warnings, submission))
    return await accepted_is_told(client, output, accepted, following)


async def accepted_is_told(client: Client, output: Output, accepted: Accepted, following: Following) -> Exit:
    for warning in accepted.warnings:
        output.note(f"warning: {warning}", "yellow")
    if accepted.behind:
        output.note(f"it waits for {accepted.behind} to end")
    link = f"{client.place.server}{accepted.links.self}"
    is_followed, timeout = following
    if not is_followed:
        github.tell(accepted.id, link)
        output.result(accepted, accepted.id)
        output.note(f"follow it: {command('deploy', 'watch', accepted.id)}")
        return Exit.DONE
    # What follows a stream is large, and a start that is not followed does not wait for it.
    from cli.deploying.watch import watch

    output.note(f"deployment {accepted.id} of {accepted.application}")
    ended = await watch(client, output, accepted.id, timeout)
    github.tell(accepted.id, link, "SUCCEEDED" if ended is Exit.DONE else "FAILED")
    return ended


def _unheard(said: tuple[str, ...], submission: Submission) -> tuple[str, ...]:
    """The server finds what was found here as well, under its own names of the files."""
    told = tuple(replace(one, file="", line=0).text() for one in submission.problems)
    return tuple(one for one in said if not one.endswith(told))


async def again(
    client: Client, output: Output, what: tuple[str, str, tuple[str, ...]], key: str, following: Following
) -> Exit:
    verb, deployment, targets = what
    meant = await found(client, deployment, verb)
    accepted = await client.post(f"/deployments/{meant}/{verb}", Again(targets=targets or None), Accepted, key)
    if verb == "undo":
        await _tell_what(client, output, accepted)
    return await accepted_is_told(client, output, accepted, following)


async def _tell_what(client: Client, output: Output, accepted: Accepted) -> None:
    """Which success it is that comes back was for the server to find."""
    view = await client.get(f"/deployments/{accepted.id}", DeploymentView)
    if view.redeploys:
        earlier = await client.get(f"/deployments/{view.redeploys}", DeploymentView)
        when = f"{earlier.started_at:%Y-%m-%d %H:%M:%S} UTC"
        output.note(f"deploys {view.application} as it was started by {earlier.by} at {when} ({earlier.id})")


def check(output: Output, submission: Submission) -> None:
    """Warnings are said; the first error ends the command with all of them."""
    lines = [problem.text(submission.name) for problem in submission.problems]
    if not submission.is_valid:
        raise Stop(Exit.WRONG, f"{submission.name} does not validate", *lines)
    for line in lines:
        output.note(line, "yellow")


async def _redeploy(client: Client, output: Output, wanted: Wanted, key: str, following: Following) -> Exit:
    if wanted.application:
        raise Stop(Exit.WRONG, "an earlier deployment keeps its application", "leave --application out")
    change = Again(
        targets=wanted.target or None,
        account=wanted.account,
        context=pairs(wanted.add_context),
        source_control=_source(output, wanted),
    )
    meant = await found(client, wanted.deployment, "redeploy")
    accepted = await client.post(f"/deployments/{meant}/redeploy", change, Accepted, key)
    return await accepted_is_told(client, output, accepted, following)


def _request(output: Output, submission: Submission, wanted: Wanted) -> StartRequest:
    return StartRequest(
        config=submission.config,
        files=submission.files,
        application=wanted.application,
        account=wanted.account,
        context=pairs(wanted.add_context),
        targets=wanted.target,
        source_control=_source(output, wanted),
    )


def _source(output: Output, wanted: Wanted) -> dict[str, Any]:
    if wanted.with_scm_file:
        return {**scm.from_file(wanted.with_scm_file)}
    if not wanted.with_scm:
        return {}
    found = scm.from_surroundings(os.environ)
    if not found:
        output.note("warning: neither GitHub's variables nor a git repository say which change this is", "yellow")
    return found
