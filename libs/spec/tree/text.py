"""From bytes to text a YAML parser may see, and from the parser's complaints to a person's words."""

import re

import yaml

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_IN_QUOTES = "put a text with {{ }} in it in quotes"
_BLOCK = re.compile(r"[ -]*(?P<key>[\w-]+): *[|>][-+0-9]*[ \r]*")


class Unreadable(Exception):
    """The text cannot be read on from here."""

    def __init__(self, line: int, column: int, code: str, message: str, hint: str = "") -> None:
        self.line, self.column = line, column
        self.code, self.message, self.hint = code, message, hint


def readable(content: str | bytes, most_bytes: int) -> str:
    if len(content) > most_bytes:
        raise Unreadable(0, 0, "too_large", f"is larger than {most_bytes // 1024} KiB", "split it, or leave data out")
    text = _decoded(content).removeprefix("\ufeff")
    if bad := _FORBIDDEN.search(text):
        line, column = _position(text, bad.start())
        raise Unreadable(line, column, "control_character", f"holds the character U+{ord(bad[0]):04X}", "remove it")
    # JSON writes a character beyond U+FFFF as two escapes, which YAML does not know.
    return _SURROGATES.sub(_joined, text) if text.lstrip().startswith("{") else text


def _decoded(content: str | bytes) -> str:
    if isinstance(content, str):
        return content
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line, column = _position(content[: error.start].decode(), error.start)
        raise Unreadable(line, column, "not_utf8", "is not UTF-8 text", "save the file as UTF-8") from error


def _position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _joined(match: re.Match[str]) -> str:
    high, low = int(match[2], 16), int(match[3], 16)
    return f"{match[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"


_SYNTAX = (
    (
        "mapping values are not allowed",
        "has a key where none can be",
        "check the indentation; quote text with ': ' in it",
    ),
    ("could not find expected ':'", "has a key without ':'", "indent a text below its key deeper than the key"),
    ("did not find expected key", "has a line that fits no level", "check indentation, quotes and brackets"),
    (
        "did not find expected '-'",
        "has a line that fits no level",
        "start it with '- ', or align it with the key above",
    ),
    ("unexpected end of stream", "ends inside a quoted text", "close the quote"),
    ("did not find expected ',' or", "has a bracket that is not closed", "close it, or put a comma between items"),
    ("did not find expected node content", "has no value where one must be", "check brackets, commas and indentation"),
    ("invalid Unicode character", "has an escape that is no character", "write the character itself"),
)


def syntax_error(error: yaml.MarkedYAMLError, text: str) -> Unreadable:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    if error.context_mark and (key := _key_of_block(text, error.context_mark.line)):
        where = error.context_mark
        message = f"is not indented, so it is not the text of {key}"
        return Unreadable(where.line + 1, where.column + 1, "syntax", message, f"indent it deeper than {key}")
    message, hint = _explained(error.problem or "cannot be read", _character(text, line, column))
    # Braces out of quotes open a mapping: what YAML complains of then is never what the author meant.
    return Unreadable(line, column, "syntax", message, _IN_QUOTES if "{{" in _line(text, line) else hint)


def _key_of_block(text: str, line: int) -> str:
    """The key above a line, where it announces a text below it and the line does not stand deeper."""
    lines = text.split("\n")[: line + 1]
    below = lines.pop() if len(lines) > line else ""
    above = next((one for one in reversed(lines) if one.strip()), "")
    block = _BLOCK.fullmatch(above)
    return block["key"] if block and len(below) - len(below.lstrip(" ")) <= block.start("key") else ""


def _character(text: str, line: int, column: int) -> str:
    return _line(text, line)[column - 1 : column]


def _line(text: str, line: int) -> str:
    lines = text.split("\n")
    return lines[line - 1] if 0 < line <= len(lines) else ""


def _explained(problem: str, here: str) -> tuple[str, str]:
    if "cannot start any token" in problem:
        if here == "\t":
            return "has a tab where YAML wants spaces", "indent with spaces"
        return f"has a text that starts with {here}", "put the text in quotes"
    for known, message, hint in _SYNTAX:
        if known in problem:
            return message, hint
    return f"is not YAML: {problem}", ""
