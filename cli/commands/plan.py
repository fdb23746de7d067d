"""`fairlead plan`: what would a file do? Needs no server."""

from typing import Annotated

from cyclopts import Parameter

from cli.commands.wanted import Account, Application, File
from cli.exits import Exit
from cli.options import NEARBY, Nearby


def plan(
    *,
    file: File,
    application: Application = "",
    account: Account = "",
    target: Annotated[
        tuple[str, ...],
        Parameter(name=["--target", "-t", "--targetFilters"], negative="", help="Only this target; may be repeated."),
    ] = (),
    options: Nearby = NEARBY,
) -> int:
    from cli.deploying.starting import check
    from cli.exits import Stop
    from cli.files.planning import compiled, picture
    from cli.files.submission import read
    from cli.output import Output
    from libs.plan.prepare import prepare
    from libs.spec.given import Given

    given = Given(application, account)
    output, submission = Output(options), read(str(file), given)
    check(output, submission)
    prepared = prepare(submission.config, submission.files, given, 1, submission.names)
    if prepared.spec is not None and (unknown := sorted(set(target) - set(prepared.spec.targets))):
        raise Stop(Exit.WRONG, f"the file has no target {unknown[0]}", f"it has {', '.join(prepared.spec.targets)}")
    found = compiled(prepared, target)
    output.result(found, picture(found))
    return Exit.DONE
