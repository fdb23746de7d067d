"""The demonstration is the first thing that anybody runs."""

import subprocess
from pathlib import Path

from tests.e2e.processes import FAIRLEAD, ROOT, environment

STORY = (
    "Starting NATS, the services, two pretend clusters and an agent in each",
    "staging: the new version has everything",
    "shop succeeded",
    "staging: goes to 25 %",
    "prod: waits for approval before it begins",
    "prod: approved by machine.main.admin",
    "shop succeeded",
    "staging: waits: ReplicaSet",
    "staging: goes back: not done within 12 s",
    "staging: the previous version has everything again",
    "shop failed: staging",
    "staging: 4 pods ready of docker.io/nginxinc/nginx-unprivileged:1.28-alpine",
    "prod: 4 pods ready of docker.io/nginxinc/nginx-unprivileged:1.28-alpine",
    "Everything was as told",
)


def test_demonstration_goes_as_told(tmp_path: Path) -> None:
    done = subprocess.run(
        [FAIRLEAD, "demo"],
        cwd=ROOT,
        env={**environment(), "TMPDIR": str(tmp_path), "COLUMNS": "400"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    at = 0
    for line in STORY:
        at = done.stdout.find(line, at)
        assert at >= 0, f"{line!r} is missing, or not where it belongs, in:\n{done.stdout}"
        at += len(line)
    assert not list(tmp_path.glob("fairlead-demo-*")), "it leaves nothing behind"
