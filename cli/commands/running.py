"""Running what a command does against the server."""

from collections.abc import Awaitable, Callable

from cli import interruption
from cli.exits import Exit, Stop
from cli.options import Options
from cli.output import Output
from cli.server.client import Client, connected

Work = Callable[[Client, Output], Awaitable[Exit]]


def run(options: Options, work: Work) -> int:
    """An interruption ends only the command; the last line says how to take it up again."""
    output = Output(options)

    async def connect_and_work() -> Exit:
        async with connected(options, output) as client:
            return await work(client, output)

    try:
        return interruption.run(connect_and_work())
    except Stop as stop:
        # A script that reads the result as a document reads what became of it instead.
        stop.format = output.format
        raise
    except KeyboardInterrupt:
        raise Stop(
            Exit.INTERRUPTED, "interrupted; what was started goes on", *([output.go_on] if output.go_on else [])
        ) from None
