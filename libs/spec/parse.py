"""The deployment file's text -> its normal form, or every problem at once, each with line, column and path."""

import re

from msgspec import Struct

from libs.spec.given import NOTHING, Given
from libs.spec.model import Manifest, Spec
from libs.spec.normal.file import Normal
from libs.spec.problems import Place, Problem, Report, path_of
from libs.spec.release import not_run
from libs.spec.rules.file import check_file
from libs.spec.shape.look import is_empty
from libs.spec.shape.schema import FILE, FILE_WITHOUT_ACCOUNTS
from libs.spec.shape.walk import Walk
from libs.spec.shape.word import name_problem
from libs.spec.shape.words import found
from libs.spec.tree.document import Limits, read
from libs.spec.tree.nodes import Mapping, Node, Scalar

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
LIMITS = Limits(bytes=2**20, nodes=50_000, scalar=256 * 1024, documents=1)


class Parsed(Struct, frozen=True):
    spec: Spec | None
    """None where a problem is an error."""
    problems: tuple[Problem, ...]
    places: dict[str, Place] = {}
    """Where the value of each path stands, for who finds a problem later."""
    keys: dict[str, Place] = {}
    """Where its key stands; where it has none, the value."""
    manifests: tuple[Manifest, ...] = ()
    """The entries as far as they can be read: known of a file with mistakes as well."""

    @property
    def paths(self) -> dict[str, Place]:
        """Each path of a manifest, and where the file names it first."""
        found: dict[str, Place] = {}
        for index, one in enumerate(self.manifests):
            if one.path:
                found.setdefault(one.path, Place(one.line, one.column, path_of("manifests", index, "path")))
        return found


def parse(text: str | bytes, minimum_timeout_seconds: int = 60, given: Given = NOTHING) -> Parsed:
    content = read(text, LIMITS)
    if content.problems:
        return Parsed(None, content.problems)
    report = Report()
    root = _mapping(content.documents, report)
    if root is None:
        return Parsed(None, report.problems())
    walk = Walk(report)
    values = walk.value(FILE_WITHOUT_ACCOUNTS if given.account else FILE, root, "")
    _check_given(values, given, report)
    lines = _lines(text)
    spec = Normal(walk, report, lines).spec(values, given)
    check_file(spec, walk, report, lines, minimum_timeout_seconds)
    keys = walk.places | walk.heads
    for one in not_run(spec, keys):
        report.warn(Place(one.line, one.column, one.path), one.code, one.message, one.hint)
    return Parsed(None if report.has_errors else spec, report.problems(), walk.places, keys, spec.manifests)


def _mapping(documents: tuple[Node, ...], report: Report) -> Mapping | None:
    if not documents or is_empty(documents[0]):
        report.error(Place(1, 1), "empty", "is empty", "write at least application, targets and manifests")
        return None
    root = documents[0]
    if not isinstance(root, Mapping):
        message = f"needs a mapping with application, targets and manifests, not {found(root)}"
        report.error(Place(root.line, root.column), "wrong_type", message)
        return None
    return None if _is_lambda(root, report) else root


def _is_lambda(root: Mapping, report: Report) -> bool:
    """Refused by its one line: the rest of such a file follows another schema."""
    for key, value in root.entries:
        if (
            isinstance(key, Scalar)
            and key.text == "kind"
            and isinstance(value, Scalar)
            and value.text.lower() == "lambda"
        ):
            message = "lambda is not built yet in this release"
            report.error(
                Place(value.line, value.column, "kind"), "not_built", message, "deploy it with another tool for now"
            )
            return True
    return False


def _check_given(values: dict[str, object], given: Given, report: Report) -> None:
    for key, name in (("application", given.application), ("account", given.account)):
        if name and (problem := name_problem(name)):
            report.error(Place(0, 0, key), "bad_name", problem)
    if not given.application and "application" not in values:
        hint = "add it: a name, or give it with the request"
        report.error(Place(1, 1, "application"), "missing_key", "is missing", hint)


def _lines(text: str | bytes) -> list[str]:
    """As YAML counts them."""
    return _BREAK.split(text if isinstance(text, str) else text.decode())
