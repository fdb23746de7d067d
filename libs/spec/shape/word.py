"""Reads one scalar as the shape wants it, or says what it is instead."""

import math
import re

from libs.spec.problems import Place, Report, quoted
from libs.spec.shape.shape import AsWritten, Choice, Flag, Number, Shape, Template, Text, Whole
from libs.spec.shape.words import found, wanted
from libs.spec.tree.nodes import Node, Scalar
from libs.spec.tree.scalars import strict_value
from libs.templates.render import NAMESPACES

TEMPLATE = re.compile(rf"\{{\{{\s*({'|'.join(NAMESPACES)})\.")
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Also what turns the direction of writing, or is not seen at all: a name must not look like another one."""
_TABS = re.compile(r"(?<=\{\{)[ \t]{1,9}|[ \t]{1,9}(?=\}\})")
"""Within a template's braces a tab is as good as a space, and does not stay."""
_NEARLY_WHOLE = re.compile(r"\s*\+?([0-9]{1,9})(\.0*)?\s*(%|[a-zA-Z]{0,8})\s*")
_MOST_NAME = 200
_MOST_NUMBER = 1e300


def read_word(shape: Shape, node: Node, place: Place, report: Report) -> str | int | float | None:
    match shape:
        case Template() if isinstance(node, Scalar):
            return _template(shape, node, place, report)
        case Number() if isinstance(node, Scalar):
            return _number(node, place, report)
        case Text() if isinstance(node, Scalar):
            return _text(shape, node, place, report)
        case Whole() if isinstance(node, Scalar):
            return _whole(shape, node, place, report)
        case Choice() if isinstance(node, Scalar):
            return _choice(shape, node, place, report)
        case AsWritten() if isinstance(node, Scalar):
            return _as_written(shape, node, place, report)
        case Flag() if isinstance(node, Scalar) and isinstance(value := strict_value(node), bool):
            return value
    report.error(place, "wrong_type", f"needs {wanted(shape)}, not {found(node)}", _hint(shape))
    return None


def _as_written(shape: AsWritten, node: Scalar, place: Place, report: Report) -> str | None:
    if len(node.text) <= shape.most:
        return node.text
    report.error(place, "too_long", f"is longer than {shape.most} characters")
    return None


def _hint(shape: Shape) -> str:
    if isinstance(shape, Flag):
        return "write true or false"
    lines = isinstance(shape, Text | Template) and shape.lines
    return "put the text in quotes, or below |, indented" if lines else ""


def name_problem(name: str) -> str:
    """What keeps a word from being a name; empty where nothing does."""
    if not name.strip():
        return "is an empty name"
    if len(name) > _MOST_NAME:
        return f"is longer than {_MOST_NAME} characters"
    return "holds a line break or an invisible character" if _CONTROL.search(name) else ""


def _text(shape: Text, node: Scalar, place: Place, report: Report) -> str | None:
    value = strict_value(node)
    if not isinstance(value, str):
        report.error(place, "wrong_type", f"needs text, not {found(node)}", f"write {quoted(node.text)}")
        return None
    code, problem, hint = _text_problem(shape, value)
    if problem:
        report.error(place, code, problem, hint)
    return None if problem else value


def _text_problem(shape: Text, text: str) -> tuple[str, str, str]:
    if not text.strip():
        return "empty", "is empty", f"write {shape.means}"
    if len(text) > shape.most:
        return "too_long", f"is longer than {shape.most} characters", ""
    if shape.lines:
        return "", "", ""
    if _CONTROL.search(text):
        return "bad_name", "holds a line break or an invisible character", "write it on one line"
    if TEMPLATE.search(text):
        return "not_built", "holds a template, which is not built yet in this release", "write the value"
    if shape.pattern and not re.fullmatch(shape.pattern, text):
        return "bad_name", f"needs {shape.means}, not {found(Scalar(0, 0, text, is_plain=False))}", ""
    return "", "", ""


def _template(shape: Template, node: Scalar, place: Place, report: Report) -> str | None:
    value = strict_value(node)
    if not isinstance(value, str):
        report.error(place, "wrong_type", f"needs text, not {found(node)}", f"write {quoted(node.text)}")
        return None
    # A block's last line break belongs to how it is written, not to a header or an address.
    text = value if shape.lines else value.strip()
    if not text.strip():
        report.error(place, "empty", "is empty", "write text, or remove the key")
    elif len(text) > shape.most:
        report.error(place, "too_long", f"is longer than {shape.most} characters")
    elif not shape.lines and _CONTROL.search(_TABS.sub(" ", text)):
        report.error(place, "bad_text", "holds a line break or an invisible character", "write it on one line")
    else:
        return text
    return None


def _number(node: Scalar, place: Place, report: Report) -> float | None:
    value = strict_value(node)
    if isinstance(value, bool) or not isinstance(value, int | float):
        report.error(place, "wrong_type", f"needs a number, not {found(node)}", "write it as 0.5, without quotes")
        return None
    if math.isnan(value) or not -_MOST_NUMBER <= value <= _MOST_NUMBER:
        report.error(place, "wrong_type", f"is {node.text[:40]}, which is no bound", "write a number like 0.5")
        return None
    return float(value)


def _whole(shape: Whole, node: Scalar, place: Place, report: Report) -> int | None:
    value = strict_value(node)
    if isinstance(value, bool) or not isinstance(value, int):
        number = _NEARLY_WHOLE.fullmatch(node.text)
        hint = f"write {int(number[1])}" if number else ""
        report.error(place, "wrong_type", f"needs a whole number, not {found(node)}", hint)
        return None
    if not shape.least <= value <= shape.most:
        report.error(place, "out_of_range", f"must be {shape.least} to {shape.most}, not {quoted(node.text)[1:-1]}")
        return None
    return value


def _choice(shape: Choice, node: Scalar, place: Place, report: Report) -> str | None:
    known = {word.casefold(): word for word in (*shape.words, *shape.unbuilt)}
    word = known.get(node.text.casefold())
    if word in shape.words:
        return word
    if word is not None:
        report.error(place, "not_built", f"{word} is not built yet in this release", f"write {wanted(shape)}")
        return None
    hint = report.suggestion(node.text, shape.words)
    report.error(place, "wrong_word", f"needs {wanted(shape)}, not {found(node)}", hint)
    return None
