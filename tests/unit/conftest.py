"""What all unit tests share: how much properties try, and how a failure that a test asked for is printed."""

import structlog
from hypothesis import settings

# For `make fast`, where seconds count; `make test` tries a hundred examples of each property.
settings.register_profile("few", max_examples=10)

# The usual renderer draws every frame of a traceback with its variables, a quarter of a second for each.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)
