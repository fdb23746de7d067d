"""How `fairlead` starts: the arguments, the command, and an end that never shows a traceback."""

import gc
import sys

from cli.exits import Stop
from cli.release import release
from cli.stdout import checked
from cli.telling import tell

ALLOCATIONS = 100_000
"""Before garbage is looked for: while modules are imported there is none, and looking takes a tenth of the start."""

VERSIONS = frozenset({"--version", "-V"})


def main() -> None:
    """The console script."""
    arguments = sys.argv[1:]
    gc.set_threshold(ALLOCATIONS)
    try:
        sys.stdout = checked(sys.stdout)
        if len(arguments) == 1 and arguments[0] in VERSIONS:
            # Asked often by scripts, so it waits for nothing to be imported.
            sys.stdout.write(f"{release()}\n")
            sys.stdout.flush()
            return
        from cli.app import run

        code = run(arguments)
    except Stop as stop:
        code = tell(stop)
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
