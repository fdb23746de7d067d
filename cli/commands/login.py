"""`fairlead login` and `fairlead logout`: who somebody is, at which server."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli import interruption
from cli.options import DEFAULTS, Options
from cli.output import Output


def login(
    *,
    secret_file: Annotated[
        str | Path,  # as in a deployment's: shells complete a path
        Parameter(name="--secret-file", allow_leading_hyphen=True, help="File with the secret; - is standard input."),
    ] = "",
    tenant: Annotated[
        str, Parameter(name=["--tenant", "--envName", "-e"], help="Refuse unless the client belongs to this tenant.")
    ] = "",
    options: Options = DEFAULTS,
) -> int:
    from cli.login.session import log_in, wished

    output = Output(options)
    return interruption.run(log_in(wished(options, output, str(secret_file), tenant), output))


def logout(
    *,
    everywhere: Annotated[bool, Parameter(name="--all", negative="", help="At every server.")] = False,
    options: Options = DEFAULTS,
) -> int:
    from cli.login.session import log_out

    return interruption.run(log_out(options, Output(options), everywhere=everywhere))
