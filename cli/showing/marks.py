"""A line that begins with a mark for where something is."""

from rich.text import Text

ASKS = "waiting for a decision"
_MARKS = {
    "done": ("✔", "green"),
    "succeeded": ("✔", "green"),
    "landed": ("✔", "green"),
    ASKS: ("‖", "yellow"),
    "held": ("‖", "yellow"),
    "queued": ("○", "yellow"),
    "current": ("●", "cyan"),
    "running": ("●", "cyan"),
    "deploying": ("●", "cyan"),
    "finishing": ("●", "cyan"),
    "before": ("●", "cyan"),
    "after": ("●", "cyan"),
    "skipped": ("-", "dim"),
    "failed": ("✖", "red"),
    "rolled_back": ("↩", "yellow"),
    "returning": ("↩", "yellow"),
    "aborting": ("↩", "yellow"),
    "cancelled": ("✖", "yellow"),
}
_PENDING = ("○", "dim")


def marked(state: str, name: str, words: str = "") -> Text:
    mark, style = _MARKS.get(state, _PENDING)
    line = Text()
    line.append(f"{mark} ", style)
    line.append(name, "bold" if words else "")
    if words:
        line.append(f"  {words}", style)
    return line
