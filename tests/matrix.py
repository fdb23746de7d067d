"""Matrices of test data: what each message does in each situation, one word a cell, written out as tables."""

from functools import cache


@cache
def cells(tables: str) -> dict[tuple[str, str], str]:
    """(situation, message) -> word. Each table's first line names its situations; `|` only guides the eye."""
    matrix: dict[tuple[str, str], str] = {}
    for table in tables.replace("|", " ").strip().split("\n\n"):
        head, *lines = table.splitlines()
        for line in lines:
            message, *words = line.split()
            matrix.update({(at, message): word for at, word in zip(head.split(), words, strict=True)})
    return matrix
