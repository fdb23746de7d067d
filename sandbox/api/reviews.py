"""May somebody do something? In a sandbox always: the answers to access reviews, so that a preflight can ask."""

from sandbox.api import bodies
from sandbox.api.wire import Request, Response, answer
from sandbox.objects.refusals import wrong_method

ROOT = "/apis/authorization.k8s.io/v1/"
_RULE = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
_ANSWERS = {
    "selfsubjectaccessreviews": {"allowed": True, "reason": "the sandbox allows everything"},
    "selfsubjectrulesreviews": {"resourceRules": [_RULE], "nonResourceRules": [], "incomplete": False},
}


def review(request: Request) -> Response | None:
    told = _ANSWERS.get(request.path.removeprefix(ROOT)) if request.path.startswith(ROOT) else None
    if told is None:
        return None
    if request.method != "POST":
        raise wrong_method()
    return answer({**bodies.decoded(request), "status": told}, 201)
