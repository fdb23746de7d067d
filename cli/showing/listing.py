"""The list of deployments as a table: what a person would copy is never cut, whatever the terminal's width. Pure."""

from rich.table import Table
from rich.text import Text

from libs.api.view import DeploymentList, DeploymentSummary

_COLUMNS = ("ID", "APPLICATION", "PHASE", "STARTED (UTC)", "BY", "REASON")
_DROPPED = ((), ("BY",), ("BY", "STARTED (UTC)"), ("BY", "STARTED (UTC)", "REASON"))
"""From what is tried first to what always must do."""
_REASON = 20
"""A column narrower than this folds sentences into single words."""
_GAP = 2


def table(listed: DeploymentList, width: int) -> Table:
    rows = [dict(zip(_COLUMNS, _cells(one), strict=True)) for one in listed.deployments]
    widths = {name: max(len(name), *(len(row[name]) for row in rows), 0) for name in _COLUMNS}
    shown = _fitting(widths, width)
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in shown:
        folds = name == "REASON"
        made.add_column(name, no_wrap=not folds, min_width=None if folds else widths[name], overflow="fold")
    for row in rows:
        made.add_row(*(Text(row[name]) for name in shown))
    return made


def _cells(one: DeploymentSummary) -> tuple[str, ...]:
    return (one.id, one.application, one.phase, f"{one.started_at:%Y-%m-%d %H:%M:%S}", one.by, one.reason)


def _fitting(widths: dict[str, int], width: int) -> list[str]:
    least = widths | {"REASON": min(widths["REASON"], _REASON)}
    for dropped in _DROPPED:
        shown = [name for name in _COLUMNS if name not in dropped]
        if sum(least[name] + _GAP for name in shown) - _GAP <= width:
            break
    return shown
