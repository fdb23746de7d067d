"""The command line as a whole: which commands there are, and how each kind of end is told."""

import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from typing import Literal

from cyclopts import App, CycloptsError, Parameter

from cli.about import ALONE
from cli.exits import Exit, Stop
from cli.options import NEARBY, Nearby, reordered
from cli.release import release
from cli.stdout import silence
from cli.telling import tell
from cli.usage import check_empty, misused

app = App(
    name="fairlead",
    version=release,
    suppress_keyboard_interrupt=False,
    default_parameter=Parameter(show_default=False),
    help="Lead releases safely across many Kubernetes clusters.",
    help_epilogue="Exit codes: 0 done, 1 failed, 2 wrong usage or file, 3 already being deployed, 4 not allowed, "
    "5 server unreachable, 124 timeout, 130 interrupted.",
)
app.command("cli.commands.deploy:app", name="deploy", help="Start, look at, follow and steer deployments.")
app.command("cli.commands.agent:app", name="agent", help="See, register and delete agents.")
app.command("cli.commands.config:app", name="config", help="Show and apply roles, metric providers, notifications.")
app.command("cli.commands.credential:app", name="credential", help="Give machines such as CI a way in.")
app.command("cli.commands.template:app", name="template", help="Print deployment files to begin with.")
for command, (place, about) in ALONE.items():
    app.command(place, name=command, help=about)


@app.command(name="version")
def version_(*, options: Nearby = NEARBY) -> int:
    """Print the version.

    Example: fairlead version -o json
    """
    from cli.output import Output

    Output(options).result({"version": release()}, release())
    return Exit.DONE


@app.command
def completion(shell: Literal["bash", "zsh", "fish"]) -> int:
    """Print the completion script of a shell.

    Example: source <(fairlead completion bash)
    """
    sys.stdout.write(app.generate_completion(shell=shell))
    return Exit.DONE


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    listen()
    try:
        check_empty(arguments)
        ended = app(reordered(arguments), exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
        return int(ended or 0)
    except CycloptsError as error:
        return tell(misused(error))
    except Stop as stop:
        return tell(stop)
    except KeyboardInterrupt:
        return tell(Stop(Exit.INTERRUPTED, "interrupted"))
    except BrokenPipeError:
        # Whoever read the output has enough.
        silence()
        return Exit.FAILED
    except Exception as error:  # noqa: BLE001 - a person gets a sentence, never a traceback
        return tell(unforeseen(error))


def listen() -> None:
    """A shell starts background jobs deaf to SIGINT; who sends one to us by name still means it."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


def unforeseen(error: Exception) -> Stop:
    if isinstance(error, OSError) and error.filename and error.strerror:
        return Stop(Exit.FAILED, f"{error.filename}: {error.strerror}")
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown"
    what = f"something unforeseen happened: {type(error).__name__}: {error}"
    return Stop(Exit.FAILED, what, f"at {place}; please report this")
