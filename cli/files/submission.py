"""The deployment file and the manifests it names, read as a person means them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from cli.exits import Exit, Stop
from cli.files.reading import STDIN, shown, text_of
from cli.files.remote import NotThere, beside, is_remote, text_at
from libs.plan.prepare import prepare
from libs.spec.given import NOTHING, Given
from libs.spec.parse import parse
from libs.spec.problems import Place, Problem, Report

MOST_FILES = 1000
MOST_FETCHED = 50
MOST_BYTES = 16 * 1024 * 1024
_SUFFIXES = (".yaml", ".yml")

Texts = tuple[tuple[str, str], ...]
"""Each with its name on this machine."""


class Submission(Struct, frozen=True):
    """What was found: the texts by the path in the file, and what each text is called on this machine."""

    name: str
    config: str
    files: dict[str, tuple[str, ...]] = {}
    names: dict[str, tuple[str, ...]] = {}
    problems: tuple[Problem, ...] = ()

    @property
    def is_valid(self) -> bool:
        return all(problem.severity != "error" for problem in self.problems)


def read(file: str, given: Given = NOTHING, environ: Mapping[str, str] = os.environ) -> Submission:
    """Read and check everything that can be checked without a server."""
    file = located(file, environ)
    name, config = shown(file), _text(file)
    # The server decides which timeouts are too short: it may be set up otherwise than this machine.
    parsed = parse(config, 1, given)
    refused = {problem.path for problem in parsed.problems}
    paths = {path: place for path, place in parsed.paths.items() if place.path not in refused}
    report = Report()
    texts = _remote(paths, file, report) if is_remote(file) else _local(paths, search_path(file, environ), report)
    missing = report.problems()
    files = {path: tuple(text for _, text in found) for path, found in texts.items()}
    names = {path: tuple(name for name, _ in found) for path, found in texts.items()}
    prepared = prepare(config, files, given, 1, names).problems
    # What was not found would be missed a second time, by the targets that it goes to.
    problems = (*missing, *(one for one in prepared if not (missing and one.code == "no_manifests")))
    own = sorted((one for one in problems if not one.file), key=lambda one: (not one.line, one.line, one.column))
    return Submission(name, config, files, names, (*own, *(one for one in problems if one.file)))


def short_timeout(submission: Submission, given: Given = NOTHING) -> tuple[Problem, ...]:
    """The server decides what is too short: what most of them refuse is worth a word before."""
    judged = parse(submission.config, given=given).problems if submission.is_valid else ()
    hint = "write 1 minute or more, unless your server is set up to take it"
    return tuple(replace(one, severity="warning", hint=hint) for one in judged if one.severity == "error")


def located(file: str, environ: Mapping[str, str]) -> str:
    """As written, else within the CI's workspace, where the original looks for it."""
    workspace = environ.get("GITHUB_WORKSPACE", "")
    if file == STDIN or is_remote(file) or not workspace or Path(file).exists():
        return file
    there = Path(workspace, file.lstrip("/"))
    if not there.exists():
        raise Stop(Exit.WRONG, f"there is no file {file}", f"tried {file}", f"tried {there}")
    return str(there)


def search_path(file: str, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Where a manifest's path is looked for: beside the file, in the working directory, in the CI's workspace."""
    beside = [] if file == STDIN else [Path(file).parent]
    workspace = environ.get("GITHUB_WORKSPACE", "")
    return tuple(dict.fromkeys((*beside, Path(), *([Path(workspace)] if workspace else []))))


def candidates(path: str, bases: Sequence[Path]) -> tuple[Path, ...]:
    """A leading slash that does not exist as written is meant for the workspace."""
    if path.startswith("/"):
        return (Path(path), *(base / path.lstrip("/") for base in bases))
    return tuple(base / path for base in bases)


def _text(file: str) -> str:
    return text_at(file, MOST_BYTES) if is_remote(file) else text_of(file, MOST_BYTES)


def _local(paths: Mapping[str, Place], bases: Sequence[Path], report: Report) -> dict[str, Texts]:
    """Of each path; what is missing is reported."""
    found: dict[str, Texts] = {}
    for path, place in paths.items():
        found[path] = _manifests(path, bases, report, place)
        _check_size(sum(len(text) for texts in found.values() for _, text in texts))
    return found


def _remote(paths: Mapping[str, Place], url: str, report: Report) -> dict[str, Texts]:
    """The same beside a file that was fetched: only files, for nothing lists a folder there."""
    if len(paths) > MOST_FETCHED:
        raise Stop(Exit.WRONG, f"{url} names {len(paths)} files; {MOST_FETCHED} are fetched")
    found: dict[str, Texts] = {}
    for path, place in paths.items():
        found[path] = _fetched(beside(url, path), path, report, place)
        _check_size(sum(len(text) for texts in found.values() for _, text in texts))
    return found


def _fetched(url: str, path: str, report: Report, place: Place) -> Texts:
    if not url or not url.endswith(_SUFFIXES):
        what = f"{path} cannot be fetched: nothing lists a folder at an address"
        report.error(place, "missing_file", what, "name each .yaml or .yml file")
        return ()
    try:
        return ((url, text_at(url, MOST_BYTES)),)
    except NotThere:
        report.error(place, "missing_file", f"there is no file {path}", f"tried {url}")
        return ()


def _manifests(path: str, bases: Sequence[Path], report: Report, place: Place) -> Texts:
    """Each text with its name on this machine; a folder's in the order of their names."""
    tried = candidates(path, bases)
    found = next((one for one in tried if one.exists()), None)
    if found is None:
        places = ", ".join(str(one) for one in tried)
        report.error(place, "missing_file", f"there is no file or folder {path}", f"tried {places}")
        return ()
    files = _within(found) if found.is_dir() else [found]
    if not files:
        report.error(place, "missing_file", f"the folder {found} has no file that ends in .yaml or .yml")
    return tuple(text for one in files for text in _readable(one, report, place))


def _readable(file: Path, report: Report, place: Place) -> Texts:
    """Of several that cannot be read, each is told."""
    try:
        return ((str(file), text_of(file, MOST_BYTES)),)
    except Stop as stop:
        report.error(place, "unreadable_file", stop.message, "name a file or folder of YAML")
        return ()


def _within(folder: Path) -> list[Path]:
    found = sorted(one for one in folder.rglob("*") if one.suffix in _SUFFIXES and one.is_file())
    if len(found) > MOST_FILES:
        raise Stop(Exit.WRONG, f"the folder {folder} has {len(found)} manifests; {MOST_FILES} are allowed")
    _check_size(sum(one.stat().st_size for one in found))
    return found


def _check_size(size: int) -> None:
    if size > MOST_BYTES:
        raise Stop(Exit.WRONG, f"the manifests have {size} bytes together; {MOST_BYTES} are allowed")
