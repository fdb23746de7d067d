"""A real cluster, through kubectl and its own credentials: the demonstration's namespaces, and a look into them."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from cli.exits import Exit, Stop
from cli.local.plan import Outside

SECONDS = 30.0
DELETE_SECONDS = 180.0
_LABEL = "fairlead.dev/demo"


class Kubectl:
    def __init__(self, outside: Outside) -> None:
        context = ("--context", outside.context) if outside.context else ()
        self._command = (_program(), "--kubeconfig", str(outside.kubeconfig), *context)

    def where(self) -> tuple[str, str]:
        """The context that is used, and its server."""
        seen = msgspec.json.decode(self._asked("config", "view", "--minify", "-o", "json"))
        return str(seen["contexts"][0]["name"]), str(seen["clusters"][0]["cluster"]["server"])

    def create(self, namespace: str) -> None:
        """Fails where it is there already: what somebody else made is never used."""
        metadata = {"name": namespace, "labels": {_LABEL: "true"}}
        made = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        self._asked("create", "-f", "-", text=msgspec.json.encode(made).decode())

    def delete(self, namespace: str) -> None:
        self._asked("delete", "namespace", namespace, "--ignore-not-found", seconds=DELETE_SECONDS)

    async def get(self, path: str) -> dict[str, Any]:
        text = await asyncio.to_thread(self._asked, "get", "--raw", path)
        return dict(msgspec.json.decode(text))

    def _asked(self, *arguments: str, text: str = "", seconds: float = SECONDS) -> str:
        told = f"kubectl {' '.join(arguments)}"
        try:
            done = subprocess.run(
                [*self._command, *arguments],
                input=text,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
                # Ctrl-C ends the demonstration, which then still has to clean up.
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            raise Stop(Exit.FAILED, f"{told} did not end within {seconds:.0f} s") from None
        if done.returncode != 0:
            raise Stop(Exit.FAILED, f"{told} failed", *done.stderr.strip().splitlines()[-3:])
        return done.stdout


def _program() -> str:
    beside = Path(sys.executable).with_name("kubectl")
    found = shutil.which("kubectl") or (str(beside) if beside.exists() else None)
    if not found:
        raise Stop(Exit.FAILED, "there is no kubectl on the PATH", "the demonstration makes its namespaces with it")
    return found
