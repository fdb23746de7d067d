"""`fairlead validate`: is the file right? Needs no server."""

from cli.commands.wanted import Account, Application, File
from cli.exits import Exit
from cli.options import NEARBY, Nearby


def validate(
    *,
    file: File,
    application: Application = "",
    account: Account = "",
    options: Nearby = NEARBY,
) -> int:
    from cli.files.submission import read, short_timeout
    from cli.output import Output
    from libs.spec.given import Given

    given = Given(application, account)
    output, submission = Output(options), read(str(file), given)
    problems = (*submission.problems, *short_timeout(submission, given))
    for problem in problems:
        output.note(problem.text(submission.name), "red" if problem.severity == "error" else "yellow")
    document = {"valid": submission.is_valid, "problems": problems}
    codes = {problem.code for problem in problems}
    output.result(document, f"{submission.name} is {_verdict(submission.is_valid, codes)}")
    return Exit.DONE if submission.is_valid else Exit.WRONG


def _verdict(is_valid: bool, codes: set[str]) -> str:
    if not is_valid:
        return "not valid"
    unbuilt = "not_built" in codes
    return "valid, but this release does not run all of it: its start will be refused" if unbuilt else "valid"
