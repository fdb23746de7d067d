"""The agent as the image runs it: without what only the command line needs, which this machine has installed."""

import sys

# structlog loads it wherever it is there, for tracebacks that a process never prints.
sys.modules["rich"] = None  # type: ignore[assignment]

from agent.__main__ import main  # noqa: E402 - after what it must not find

if __name__ == "__main__":
    main()
