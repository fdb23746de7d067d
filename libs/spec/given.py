"""What a request gives in the file's place."""

from msgspec import Struct


class Given(Struct, frozen=True):
    """Empty: the file's own counts."""

    application: str = ""
    account: str = ""
    """Of every target."""


NOTHING = Given()
