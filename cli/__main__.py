"""How `fairlead` starts: the arguments, the command, and an end that never shows a traceback."""

import sys
from importlib.metadata import PackageNotFoundError, version

VERSIONS = frozenset({"--version", "-V"})


def main() -> None:
    """The console script."""
    arguments = sys.argv[1:]
    if len(arguments) == 1 and arguments[0] in VERSIONS:
        # Asked often by scripts, so it waits for nothing to be imported.
        sys.stdout.write(f"{release()}\n")
        return
    from cli.app import run

    sys.exit(run(arguments))


def release() -> str:
    try:
        return version("fairlead")
    except PackageNotFoundError:
        return "unknown"


if __name__ == "__main__":
    main()
