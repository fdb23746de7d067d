"""How `fairlead` starts: the arguments, the command, and an end that never shows a traceback."""

import sys

from cli.release import release

VERSIONS = frozenset({"--version", "-V"})


def main() -> None:
    """The console script."""
    arguments = sys.argv[1:]
    if len(arguments) == 1 and arguments[0] in VERSIONS:
        # Asked often by scripts, so it waits for nothing to be imported.
        sys.stdout.write(f"{release()}\n")
        return
    try:
        from cli.app import run

        code = run(arguments)
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
