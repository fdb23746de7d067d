"""How `fairlead` starts: the arguments, the command, and an end that never shows a traceback."""

import gc
import sys

from cli.release import release

ALLOCATIONS = 100_000
"""Before garbage is looked for: while modules are imported there is none, and looking takes a tenth of the start."""

VERSIONS = frozenset({"--version", "-V"})


def main() -> None:
    """The console script."""
    arguments = sys.argv[1:]
    if len(arguments) == 1 and arguments[0] in VERSIONS:
        # Asked often by scripts, so it waits for nothing to be imported.
        sys.stdout.write(f"{release()}\n")
        return
    gc.set_threshold(ALLOCATIONS)
    try:
        from cli.app import run

        code = run(arguments)
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
