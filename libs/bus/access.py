"""How a process proves itself to NATS, and NATS to it: the client's own options, read off the settings."""

import ssl
from typing import Any

from libs.runtime.process import CannotStart
from libs.runtime.settings import ProcessSettings


def options(settings: ProcessSettings) -> dict[str, Any]:
    """What `connect` takes besides the servers."""
    return _credentials(settings) | _tls(settings)


def _credentials(settings: ProcessSettings) -> dict[str, Any]:
    if not settings.nats_user and settings.nats_password is None:
        return {}
    if not settings.nats_user or settings.nats_password is None:
        raise CannotStart("FAIRLEAD_NATS_USER and FAIRLEAD_NATS_PASSWORD: set both or neither")
    return {"user": settings.nats_user, "password": settings.nats_password.reveal()}


def _tls(settings: ProcessSettings) -> dict[str, Any]:
    """TLS before anything is said: whoever stands between could else ask for the password in plain."""
    authority = settings.nats_authority
    if authority is None:
        return {}
    try:
        return {"tls": ssl.create_default_context(cafile=str(authority)), "tls_handshake_first": True}
    except OSError as error:  # an SSLError is one as well
        raise CannotStart(f"the CA file {authority} cannot be used (FAIRLEAD_NATS_AUTHORITY): {error}") from error
