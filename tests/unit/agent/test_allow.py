"""What the agent will do at all."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.allow import FORBIDDEN_SUBRESOURCES, AllowList, NotAllowed, Place, parse_path

EVERYTHING = AllowList(verbs=("*",))
NARROW = AllowList(
    namespaces=("shop",), kinds=("deployments.apps", "pods/log"), verbs=("get", "list", "watch", "patch")
)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/api/v1/pods", Place("pods")),
        ("/api/v1/namespaces", Place("namespaces")),
        ("/api/v1/namespaces/shop", Place("namespaces", "shop", "shop")),
        ("/api/v1/namespaces/shop/pods", Place("pods", "shop")),
        ("/api/v1/namespaces/shop/pods/a-1", Place("pods", "shop", "a-1")),
        ("/api/v1/namespaces/shop/pods/a-1/log", Place("pods", "shop", "a-1", "log")),
        ("/apis/apps/v1/namespaces/shop/deployments/web", Place("deployments.apps", "shop", "web")),
        (
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/a:b",
            Place("clusterroles.rbac.authorization.k8s.io", "", "a:b"),
        ),
        ("/api/v1/nodes/n1/status", Place("nodes", "", "n1", "status")),
    ],
)
def test_path_names_its_object(path: str, place: Place) -> None:
    assert parse_path(path) == place


@pytest.mark.parametrize(
    "path",
    [
        "",
        "api/v1/pods",
        "//api/v1/pods",
        "/api/v1/../v1/pods",
        "/api/v1/./pods",
        "/api/v1/namespaces/shop/pods/",
        "/api/v1/namespaces//pods",
        "/api/v1/namespaces/%2e%2e/pods",
        "/api/v1/namespaces/shop/pods/a%2flog",
        "/api/v1/namespaces/shop/pods/a/b/c",
        "/api/v1/watch/namespaces/shop/pods",
        "/api/v1/proxy/namespaces/shop/pods/a",
        "/api/v2/pods",
        "/apis",
        "/logs",
        "/metrics",
        "/api/v1/namespaces/shop/pods\n",
        "/api/v1/namespaces/shop/pods\\a",
    ],
)
def test_doubtful_path_is_refused(path: str) -> None:
    with pytest.raises(NotAllowed):
        parse_path(path)


@pytest.mark.parametrize("subresource", sorted(FORBIDDEN_SUBRESOURCES))
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("object_path", ["/api/v1/namespaces/shop/pods/a", "/api/v1/nodes/n"])
def test_way_into_pods_is_never_passed_on(subresource: str, method: str, object_path: str) -> None:
    with pytest.raises(NotAllowed, match="never"):
        EVERYTHING.check_request(method, f"{object_path}/{subresource}")


@given(
    st.sampled_from(sorted(FORBIDDEN_SUBRESOURCES)),
    st.text(alphabet="/.%?#;\\ \n0aA2efFxX", max_size=12),
    st.text(alphabet="/.%?#;\\ \n0aA2efFxX", max_size=12),
)
def test_disguise_does_not_open_pods(subresource: str, before: str, after: str) -> None:
    path = f"/api/v1/namespaces/shop/pods/a{before}/{subresource}{after}"
    try:
        EVERYTHING.check_request("GET", path)
    except NotAllowed:
        return
    # Whatever passes holds the word only in its query, or as part of another plain word.
    assert subresource not in path.partition("?")[0].split("/")
    assert re.fullmatch(r"[A-Za-z0-9./:_-]+", path.partition("?")[0])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/apis/apps/v1/namespaces/shop/deployments/web"),
        ("GET", "/apis/apps/v1/namespaces/shop/deployments?limit=500"),
        ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/web?fieldManager=x"),
        ("GET", "/api/v1/namespaces/shop/pods/a/log"),
        ("GET", "/version"),
        ("GET", "/api"),
        ("GET", "/api/v1"),
        ("GET", "/apis"),
        ("GET", "/apis/apps/v1"),
        ("GET", "/openapi/v3/apis/apps/v1"),
    ],
)
def test_listed_request_is_made(method: str, path: str) -> None:
    NARROW.check_request(method, path)


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        ("DELETE", "/apis/apps/v1/namespaces/shop/deployments/web", "VERBS"),
        ("POST", "/apis/apps/v1/namespaces/shop/deployments", "VERBS"),
        ("GET", "/api/v1/namespaces/shop/secrets/s", "KINDS"),
        ("GET", "/api/v1/namespaces/shop/pods/a", "KINDS"),
        ("GET", "/apis/other/v1/namespaces/shop/deployments/web", "KINDS"),
        ("GET", "/apis/apps/v1/namespaces/bank/deployments/web", "NAMESPACES"),
        ("GET", "/apis/apps/v1/deployments", "NAMESPACES"),
        ("TRACE", "/apis/apps/v1/namespaces/shop/deployments/web", "method"),
        ("get", "/apis/apps/v1/namespaces/shop/deployments/web", "method"),
        ("GET", "/apis/apps/v1/namespaces/shop/deployments?watch=true", "watch"),
        ("GET", "/apis/apps/v1/namespaces/shop/deployments?watch=1", "watch"),
        ("GET", "/apis/apps/v1/namespaces/shop/deployments?%77atch=true", "watch"),
        ("POST", "/apis", "group"),
    ],
)
def test_unlisted_request_is_refused(method: str, path: str, reason: str) -> None:
    with pytest.raises(NotAllowed, match=reason):
        NARROW.check_request(method, path)


def test_deleting_a_collection_needs_its_own_verb() -> None:
    with pytest.raises(NotAllowed, match="deletecollection"):
        AllowList().check_request("DELETE", "/api/v1/namespaces/shop/pods")


def test_watch_must_ask_for_a_watch() -> None:
    NARROW.check_request("GET", "/apis/apps/v1/namespaces/shop/deployments?watch=true", is_watch=True)
    with pytest.raises(NotAllowed, match="watch"):
        NARROW.check_request("GET", "/apis/apps/v1/namespaces/shop/deployments", is_watch=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://prometheus:9090/api/v1/query?query=up",
        "https://hooks.corp.example/x",
        "https://a.b.corp.example",
        "http://any",
    ],
)
def test_listed_host_is_called(url: str) -> None:
    AllowList(hosts=("prometheus:9090", "*.corp.example", "any")).check_call(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://prometheus/",
        "http://prometheus:9091/",
        "http://corp.example/",
        "http://evilcorp.example/",
        "http://corp.example.evil/",
        "http://user@any/",
        "http://any@evil/",
        "http://any\\@evil/",
        "ftp://any/",
        "file:///etc/passwd",
        "//any/",
        "any",
        "http://any:99999/",
        "http://any :80/",
        "http://[::1",
    ],
)
def test_unlisted_host_is_not_called(url: str) -> None:
    with pytest.raises(NotAllowed):
        AllowList(hosts=("prometheus:9090", "*.corp.example", "any")).check_call(url)


def test_nothing_is_called_by_default() -> None:
    with pytest.raises(NotAllowed, match="FAIRLEAD_AGENT_HOSTS"):
        AllowList().check_call("http://127.0.0.1:8080/")
