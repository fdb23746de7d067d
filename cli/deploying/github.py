"""What a GitHub workflow reads of a deployment: outputs for its later steps, and a line in its summary."""

import os
from collections.abc import Mapping
from pathlib import Path


def tell(deployment: str, link: str, result: str = "", environ: Mapping[str, str] = os.environ) -> None:
    """Appended to the files that GitHub names; nothing where it names none."""
    outputs = [f"DEPLOYMENT_ID={deployment}", f"LINK={link}", *([f"RUN_RESULT={result}"] if result else [])]
    _append(environ.get("GITHUB_OUTPUT", ""), outputs)
    ended = f": {result}" if result else ""
    _append(environ.get("GITHUB_STEP_SUMMARY", ""), [f"Deployment [{deployment}]({link}){ended}", ""])


def _append(path: str, lines: list[str]) -> None:
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))
