"""All services as they are, in a process that can be asked how many tasks it runs.

After SIGUSR1 the number is in the file `tasks` of the state folder.
"""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

from services.__main__ import main

FILE = "tasks"


def tell(*_: Any) -> None:
    path = Path(os.environ["FAIRLEAD_STATE_DIR"]) / FILE
    draft = path.with_suffix(".draft")
    draft.write_text(str(len(asyncio.all_tasks())))
    draft.replace(path)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, tell)
    main()
