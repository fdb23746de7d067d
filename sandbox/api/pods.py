"""What can be done to pods besides reading and writing them: their logs, and asking them to leave."""

from sandbox.api.call import Call
from sandbox.api.wire import Request, Response, answer
from sandbox.objects.json import items, text
from sandbox.objects.kinds import POD
from sandbox.state.cluster import Cluster
from sandbox.state.deletion import Deletion


def pod_part(cluster: Cluster, call: Call, request: Request) -> Response | None:
    """The answer for `log` and `eviction`, or None for any other path."""
    if call.kind is not POD:
        return None
    if call.subresource == "log" and call.verb == "get":
        return _log(cluster, call, request)
    if call.subresource == "eviction" and call.verb == "create":
        cluster.delete(POD, call.ref, Deletion())
        return answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)
    return None


def _log(cluster: Cluster, call: Call, request: Request) -> Response:
    pod = cluster.get(POD, call.namespace, call.name)
    name = request.query.get("container")
    images = [text(item, "image") for item in items(pod, "spec", "containers") if name in {None, item.get("name")}]
    lines = [
        f"{text(pod, 'status', 'phase').lower()}: nothing runs in a sandbox, {image} least of all" for image in images
    ]
    return Response(200, ("\n".join(lines) + "\n").encode(), "text/plain")
