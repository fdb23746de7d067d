"""`python -m tools.kubernetes` prints the folder with the programs; `… up FOLDER` runs a cluster of them there."""

import asyncio
import signal
import sys
from pathlib import Path

from tools.kubernetes.cluster import Failed, cluster
from tools.kubernetes.programs import find
from tools.kubernetes.recipe import Missing

_USAGE = "usage: python -m tools.kubernetes [up FOLDER]"


def main(words: list[str]) -> int:
    try:
        match words:
            case []:
                print(find())
            case ["up", folder]:
                asyncio.run(_up(Path(folder)))
            case _:
                print(_USAGE, file=sys.stderr)
                return 2
    except Missing as missing:
        print(f"there is no Kubernetes: {missing}", file=sys.stderr)
        return 1
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


async def _up(folder: Path) -> None:
    """Until somebody interrupts it."""
    async with cluster(find(), folder) as running:
        over = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, over.set)
        print(f"KUBECONFIG={running.kubeconfig}", flush=True)
        await over.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
