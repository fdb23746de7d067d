"""The last table in docs/performance.md: rewritten between its two marks from build/bench.json, never by hand.

`make bench` does it after it has run them all; `python -m tests.bench.document` does it again.
"""

from pathlib import Path

import msgspec

from tests.bench.row import Row, table

ROOT = Path(__file__).parent.parent.parent
OUTPUT = ROOT / "build" / "bench.json"
PAGE = ROOT / "docs" / "performance.md"
BEGIN = "<!-- The last table: written by `make bench` from build/bench.json. -->"
END = "<!-- The end of the last table. -->"


def rewritten(page: str, rows: list[Row]) -> str:
    """The page with another table; `ValueError` where it has no place for one."""
    before, begun, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise ValueError(f"the page has no place for a table: expected {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{_block(rows)}\n\n{END}{after}"


def _block(rows: list[Row]) -> str:
    machines = sorted({row["machine"] for row in rows})
    return f"`make bench`, {'; '.join(machines)}:\n\n```\n{table(rows)}\n```\n\n{_verdict(rows)}"


def _verdict(rows: list[Row]) -> str:
    goals, broken = [row for row in rows if row["goal"]], [row for row in rows if row["holds"] is False]
    if not broken:
        return f"All {len(goals)} goals held."
    named = "\n".join(f"- `{row['bench']}`: {row['metric']}" for row in broken)
    return f"{len(broken)} of {len(goals)} goals did not hold:\n\n{named}"


def known() -> list[Row]:
    """Every figure of the last run of its benchmark."""
    try:
        return msgspec.json.decode(OUTPUT.read_bytes(), type=list[Row])
    except (FileNotFoundError, msgspec.ValidationError):
        return []  # or what another release has written


def write() -> None:
    PAGE.write_text(rewritten(PAGE.read_text(), known()))


if __name__ == "__main__":
    write()
