"""`python -m tools.histories`: keep the history of a deployment, for tests/histories to lead again.

add NAME --from 01-canary.md                               a page of docs/transcripts, played
add NAME --from nats://127.0.0.1:4222 --deployment ID      a deployment of a plane that runs
refresh                                                    play every page again that no release has written yet
release VERSION                                            what was recorded so far is this release's, for good
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from libs.durable.ports import Stored
from tests.histories.history import FOLDER, NEXT, Release, release, write, write_release
from tests.histories.known import known
from tests.histories.recorded import found, played


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    match options.command:
        case "add":
            _add(options.name, options.source, options.deployment)
        case "refresh":
            for name, source in release(NEXT).sources.items():
                if source.endswith(".md"):
                    _add(name, source, "")
        case _:
            NEXT.rename(FOLDER / options.version)
    return 0


def _add(name: str, source: str, deployment: str) -> None:
    history = _history(source, deployment)
    NEXT.mkdir(exist_ok=True)
    before = release(NEXT).sources if (NEXT / "release.json").exists() else {}
    path = write(NEXT, name, history)
    # With a structure that has changed, everything that was recorded before it has to be recorded again.
    write_release(NEXT, Release(known(), before | {name: source if source.endswith(".md") else "a plane"}))
    print(f"{path.relative_to(FOLDER)}: {len(history)} messages, {path.stat().st_size // 1024} KiB")


def _history(source: str, deployment: str) -> list[Stored]:
    if source.endswith(".md"):
        return played(source)
    if not deployment:
        raise SystemExit("a plane has many deployments: say which with --deployment")
    history = asyncio.run(found(source, deployment))
    if not history:
        raise SystemExit(f"{source} has nothing of deployment {deployment}")
    return history


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.histories", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add")
    add.add_argument("name")
    add.add_argument("--from", dest="source", required=True)
    add.add_argument("--deployment", default="")
    commands.add_parser("refresh")
    commands.add_parser("release").add_argument("version")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
