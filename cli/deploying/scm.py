"""Which change a deployment comes from: told by GitHub's variables, by git, or by a file."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from cli.exits import Exit, Stop

MOST_BYTES = 64 * 1024
MOST_EVENT_BYTES = 4 * 1024 * 1024
GIT_SECONDS = 5.0

_KEYS = frozenset(
    {"type", "event", "reference", "referenceName", "source", "sourceUrl", "target", "targetUrl", "principal"}
    | {"principalUrl", "triggeringPrincipal", "prTitle", "prUrl", "sha", "shaUrl", "workflow", "workflowUrl", "tag"}
    | {"tagUrl", "repository", "server"}
)


def from_file(path: Path) -> dict[str, str]:
    """What a file in YAML says, under the original's keys."""
    import yaml

    try:
        found = yaml.safe_load(path.read_bytes()[:MOST_BYTES])
    except OSError as error:
        raise Stop(Exit.WRONG, f"{path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise Stop(Exit.WRONG, f"{path} is not YAML") from error
    if not isinstance(found, dict) or (wrong := sorted(str(key) for key in found if key not in _KEYS)):
        unknown = f"; it does not know {', '.join(wrong)}" if isinstance(found, dict) else ""
        raise Stop(Exit.WRONG, f"{path} must hold pairs{unknown}", f"it takes {', '.join(sorted(_KEYS))}")
    return {key: str(value) for key, value in found.items() if value is not None}


def from_surroundings(environ: Mapping[str, str]) -> dict[str, Any]:
    """GitHub's own variables where they are set, else what git knows of the working directory; empty for neither."""
    return _github(environ) if environ.get("GITHUB_ACTIONS") == "true" else _git()


def _github(environ: Mapping[str, str]) -> dict[str, Any]:
    server, repository = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_REPOSITORY", "")
    run, sha = environ.get("GITHUB_RUN_ID", ""), environ.get("GITHUB_SHA", "")
    place = f"{server}/{repository}" if server and repository else ""
    found: dict[str, Any] = {
        "type": "github",
        "event": environ.get("GITHUB_EVENT_NAME", ""),
        "reference": environ.get("GITHUB_REF_TYPE", ""),
        "referenceName": environ.get("GITHUB_REF_NAME", ""),
        "principal": environ.get("GITHUB_ACTOR", ""),
        "triggeringPrincipal": environ.get("GITHUB_TRIGGERING_ACTOR", ""),
        "sha": sha,
        "shaUrl": f"{place}/commit/{sha}" if place and sha else "",
        "repository": repository,
        "server": server,
        "github": {"runId": run, "workflow": environ.get("GITHUB_WORKFLOW", "")},
        "workflowUrl": f"{place}/actions/runs/{run}" if place and run else "",
        "source": environ.get("GITHUB_HEAD_REF", ""),
        "target": environ.get("GITHUB_BASE_REF", ""),
    }
    found |= _pull_request(environ.get("GITHUB_EVENT_PATH", ""))
    return {key: value for key, value in found.items() if value}


def _pull_request(path: str) -> dict[str, str]:
    """Title and address, out of the event that GitHub leaves in a file."""
    try:
        event = msgspec.json.decode(Path(path).read_bytes()[:MOST_EVENT_BYTES], type=dict[str, Any]) if path else {}
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}
    request = event.get("pull_request")
    if not isinstance(request, dict):
        return {}
    return {"prTitle": str(request.get("title", ""))[:500], "prUrl": str(request.get("html_url", ""))[:500]}


def _git() -> dict[str, Any]:
    sha, branch = _asked("rev-parse", "HEAD"), _asked("rev-parse", "--abbrev-ref", "HEAD")
    if not sha:
        return {}
    found = {
        "type": "git",
        "sha": sha,
        "reference": "branch" if branch != "HEAD" else "commit",
        "referenceName": branch if branch != "HEAD" else sha,
        "principal": _asked("log", "-1", "--format=%an"),
        "tag": _asked("describe", "--tags", "--exact-match"),
    }
    return {key: value for key, value in found.items() if value}


def _asked(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ("git", *arguments), capture_output=True, text=True, timeout=GIT_SECONDS, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
