"""The whole catalogue: every row of every group."""

from tests.integration.bad_input.row import Row
from tests.integration.bad_input.rows import (
    callbacks,
    command_line,
    configuration,
    decisions,
    http,
    names,
    strategies,
    syntax,
    templates,
    typing_,
)

GROUPS = (syntax, configuration, typing_, decisions, strategies, names, templates, http, callbacks, command_line)
ROWS: tuple[Row, ...] = tuple(row for group in GROUPS for row in group.ROWS)
