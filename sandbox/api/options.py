"""How are wrong options of a request refused? As an object of their own that is invalid."""

from sandbox.api.wire import Request
from sandbox.objects.refusals import Refused

_OPTIONS = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions", "DELETE": "DeleteOptions"}


def invalid_option(request: Request, field: str, reason: str, message: str) -> Refused:
    kind = _OPTIONS.get(request.method, "GetOptions")
    told = f'{kind}.meta.k8s.io "" is invalid: {field}: {message}'
    cause = {"reason": reason, "message": message, "field": field}
    return Refused(422, "Invalid", told, group="meta.k8s.io", kind=kind, causes=[cause])
