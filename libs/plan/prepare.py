"""From what was handed in to what can be planned: the file read, its manifests sorted to its targets, all checked.

The door that accepts a submission and the planner that compiles it call this one function, so they agree.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from libs.spec.given import NOTHING, Given
from libs.spec.manifests import Files, check_manifests, load, select
from libs.spec.model import Spec
from libs.spec.parse import parse
from libs.spec.problems import Place, Problem

Objects = tuple[dict[str, Any], ...]


class Prepared(Struct, frozen=True):
    """`spec` is None where any problem is an error."""

    spec: Spec | None
    objects: dict[str, Objects]
    """Of each target, in the file's order, namespaces filled in."""
    problems: tuple[Problem, ...]
    keys: dict[str, Place] = {}
    """Where the key of each path of the file stands."""


def prepare(
    config: str,
    files: Files,
    given: Given = NOTHING,
    minimum_timeout_seconds: int = 60,
    names: Files | None = None,
) -> Prepared:
    """Every problem of the file and its manifests at once; `names` are the manifest texts' file names, where known."""
    parsed = parse(config, minimum_timeout_seconds, given)
    loaded = load(parsed.manifests, files, names)
    if parsed.spec is None:
        return Prepared(None, {}, (*parsed.problems, *_untold(loaded.problems, parsed.problems)))
    spec = parsed.spec
    problems = [*parsed.problems, *loaded.problems]
    objects: dict[str, Objects] = {}
    for target in spec.targets:
        objects[target], found = select(spec, loaded, target)
        problems += found
    if not any(problem.severity == "error" for problem in loaded.problems):
        # What was not read would be missed a second time.
        problems += check_manifests(spec, objects, parsed.places)
    refused = any(problem.severity == "error" for problem in problems)
    return Prepared(None if refused else spec, objects, tuple(problems), parsed.keys)


def _untold(found: Sequence[Problem], told: Sequence[Problem]) -> Iterator[Problem]:
    """What is wrong with the manifests themselves: a path that the file may not name needs no text."""
    paths = {one.path for one in told}
    return (one for one in found if one.file or one.path not in paths)
