"""The machine's clock: UTC, whatever zone the process was started in."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ASKED = "from libs.runtime.clock import SystemClock; print(SystemClock().now().isoformat())"


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/St_Johns", "Europe/Berlin", "nonsense"])
def test_zone_of_the_process_changes_no_time(zone: str) -> None:
    before = datetime.now(UTC)  # noqa: TID251 - what the clock is compared with
    environment = {**os.environ, "TZ": zone}
    done = subprocess.run(
        [sys.executable, "-c", ASKED], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    told = datetime.fromisoformat(done.stdout.strip())
    assert done.stdout.strip().endswith("+00:00")
    assert before <= told <= datetime.now(UTC)  # noqa: TID251
