"""A way to a cluster's API, however it was found."""

import ssl
from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct


class Access(Struct, frozen=True):
    """A way to a cluster's API."""

    server: str
    tls: ssl.SSLContext | None
    """None where the server speaks plain HTTP."""
    authorize: Callable[[], Awaitable[Mapping[str, str]]]
