"""A sandbox in a process of its own, and kubectl pointed at it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
KUBECTL = Path(sys.executable).with_name("kubectl")
PATIENCE = 30


class Kubectl:
    """Runs kubectl on one cluster; its cache stays in the test's folder."""

    def __init__(self, folder: Path) -> None:
        self.kubeconfig = folder / "kubeconfig"
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "KUBECONFIG": str(self.kubeconfig),
            "KUBECACHEDIR": str(folder / "cache"),
        }

    def __call__(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [KUBECTL, *arguments],
            input=text,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def output(self, *arguments: str, text: str = "") -> str:
        """What it prints when all is well."""
        done = self(*arguments, text=text)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def sandbox_process(folder: Path, *options: str, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running sandbox and its address; killed at the end, as nothing less proves the journal."""
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--kubeconfig", str(folder / "kubeconfig")]
    with subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().split()[-1]
        finally:
            process.kill()
