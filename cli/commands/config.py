"""`fairlead config …`: what is configured, and making it what a file says."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from cli.commands.running import run
from cli.exits import Exit
from cli.options import DEFAULTS, Options
from cli.output import Output
from cli.server.client import Client

app = App(name="config", help="Show and apply roles, metric providers, notifications.")


@app.command
def get(*, options: Options = DEFAULTS) -> int:
    """Print the configuration, as a file that can be applied again: YAML, or JSON with -o json.

    Example: fairlead config get > config.yml
    """
    from cli.server.configuring import show

    return run(options, show)


@app.command
def apply(
    *,
    file: Annotated[
        str | Path,  # as in a deployment's: shells complete a path
        Parameter(name=["--file", "-f"], allow_leading_hyphen=True, help="The configuration; - reads standard input."),
    ],
    dry_run: Annotated[bool, Parameter(name="--dry-run", negative="", help="Only say what would change.")] = False,
    revision: Annotated[
        str, Parameter(name="--revision", help="Refuse unless the configuration still has this revision.")
    ] = "",
    options: Options = DEFAULTS,
) -> int:
    """Make the configuration what a file says. What the file leaves out stays, unless it says allowAutoDelete: true.

    Example: fairlead config apply -f config.yml --dry-run
    """
    from cli.files.reading import text_of
    from cli.server.configuring import MOST_BYTES
    from cli.server.configuring import apply as apply_text

    text = text_of(str(file), MOST_BYTES)

    async def applied(client: Client, output: Output) -> Exit:
        return await apply_text(client, output, text, revision=revision, is_trial=dry_run)

    return run(options, applied)
