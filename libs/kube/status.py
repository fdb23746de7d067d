"""What the API says when it refuses: a `Status`, as a typed error."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from libs.kube.port import Response

_MESSAGE_MOST = 4096
_CAUSES_MOST = 32


class Cause(Struct, frozen=True):
    """One thing that was wrong; `field` is a path in the object."""

    reason: str = ""
    message: str = ""
    field: str = ""


class KubeError(Exception):
    """The API refused. `reason` is its own word: `Conflict`, `NotFound`, `Invalid`, …"""

    def __init__(
        self, status: int, reason: str, message: str, causes: tuple[Cause, ...] = (), retry_after: float | None = None
    ) -> None:
        super().__init__(f"{reason or status}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.causes = causes
        self.retry_after = retry_after
        """Seconds to wait before the same is tried again; None where the API did not say."""

    @property
    def is_expired(self) -> bool:
        """The version asked for is too old: list again."""
        return self.status == 410

    @property
    def is_passing(self) -> bool:
        """The same request may succeed a little later."""
        return self.status == 429 or self.status >= 500


class _Details(Struct):
    causes: list[Cause] | None = None
    retryAfterSeconds: float | None = None


class _Status(Struct):
    kind: str = ""
    code: int | None = None
    reason: str | None = None
    message: str | None = None
    details: _Details | None = None


_statuses = msgspec.json.Decoder(_Status)


def checked(response: Response) -> Response:
    """The response, unless it is a refusal."""
    if response.status >= 300:
        raise error_of(response)
    return response


def error_of(response: Response) -> KubeError:
    """The error that a refusal is; a body that is no `Status` is quoted."""
    try:
        status = _statuses.decode(response.body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        status = _Status()
    if status.kind != "Status":
        quoted = response.body[:_MESSAGE_MOST].decode(errors="replace")
        return KubeError(response.status, "", quoted or "no reason given", retry_after=response.retry_after)
    details = status.details or _Details()
    return KubeError(
        response.status,
        status.reason or "",
        (status.message or "no reason given")[:_MESSAGE_MOST],
        tuple(details.causes or ())[:_CAUSES_MOST],
        details.retryAfterSeconds if response.retry_after is None else response.retry_after,
    )


def error_of_event(raw: bytes) -> KubeError:
    """The error that a watch reports as an event of type ERROR, from the event's object."""
    try:
        code = _statuses.decode(raw).code or 500
    except (msgspec.MsgspecError, UnicodeDecodeError):
        code = 500
    return error_of(Response(code, raw))


def retry_seconds(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` in seconds; the form with a date is not sent by any API server."""
    given = headers.get("Retry-After") or headers.get("retry-after") or ""
    return min(float(given), 300.0) if given.isdecimal() else None
