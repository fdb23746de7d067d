"""Starting a deployment: read and check everything here, hand it in once, follow it if that is wanted."""

from cli.client import Client
from cli.commands.wanted import Wanted
from cli.exits import Exit, Stop
from cli.output import Output
from cli.submission import Submission, read
from cli.watch import watch
from libs.api.request import StartRequest
from libs.api.view import Accepted


async def start(client: Client, output: Output, wanted: Wanted, key: str, following: tuple[bool, float | None]) -> Exit:
    submission = read(wanted.file, wanted.application)
    check(output, submission)
    accepted = await client.post("/deployments", _request(submission, wanted), Accepted, key)
    for warning in accepted.warnings:
        output.note(f"warning: {warning}", "yellow")
    is_followed, timeout = following
    if not is_followed:
        output.result(accepted, accepted.id)
        output.note(f"follow it: fairlead deploy watch {accepted.id}")
        return Exit.DONE
    output.note(f"deployment {accepted.id} of {accepted.application}")
    return await watch(client, output, accepted.id, timeout)


def check(output: Output, submission: Submission) -> None:
    """Warnings are said; the first error ends the command with all of them."""
    lines = [problem.text(submission.name) for problem in submission.problems]
    if not submission.is_valid:
        raise Stop(Exit.WRONG, f"{submission.name} does not validate", *lines)
    for line in lines:
        output.note(line, "yellow")


def _request(submission: Submission, wanted: Wanted) -> StartRequest:
    return StartRequest(
        config=submission.config, files=submission.files, application=wanted.application, targets=wanted.target
    )
