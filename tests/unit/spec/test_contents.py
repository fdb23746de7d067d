"""What no API server takes is found in the file, with its place; what one takes is left alone."""

import pytest

from libs.spec.manifests import LIMITS
from libs.spec.objects import read_objects
from libs.spec.problems import Origin

SMALL = "small letters, digits"
ENDS = "beginning and ending with a letter or digit"


def manifest(kind: str, name: str = "web", more: str = "", version: str = "v1") -> str:
    return f"apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n{more}"


WRONG = {
    "capitals": (
        manifest("ConfigMap", "Web_App"),
        f'4:9: metadata.name: "Web_App" is a name that no cluster takes for ConfigMap '
        f"(write up to 253 {SMALL}, '-' and '.', {ENDS})",
    ),
    "an empty part": (
        manifest("Ingress", "a..b", version="networking.k8s.io/v1"),
        f'4:9: metadata.name: "a..b" is a name that no cluster takes for Ingress '
        f"(write up to 253 {SMALL}, '-' and '.', {ENDS})",
    ),
    "a dotted Service": (
        manifest("Service", "web.shop"),
        f'4:9: metadata.name: "web.shop" is a name that no cluster takes for Service '
        f"(write up to 63 {SMALL} and '-', {ENDS})",
    ),
    "a long Service": (
        manifest("Service", "w" * 64),
        f'4:9: metadata.name: "{"w" * 60}…" is a name that no cluster takes for Service '
        f"(write up to 63 {SMALL} and '-', {ENDS})",
    ),
    "a number in a ConfigMap": (
        manifest("ConfigMap", more="data:\n  a: x\n  port: 8080"),
        "7:9: data.port: needs text, not a number (put it in quotes)",
    ),
    "a flag in a ConfigMap": (
        manifest("ConfigMap", more="data: {debug: true}"),
        "5:15: data.debug: needs text, not true or false (put it in quotes)",
    ),
    "a mapping in a ConfigMap": (
        manifest("ConfigMap", more="data: {a.yml: {b: 1}}"),
        '5:15: data["a.yml"]: needs text, not a mapping',
    ),
    "a list for the data": (
        manifest("ConfigMap", more="data: [a]"),
        "5:7: data: needs a mapping of texts, not a list",
    ),
    "a key with a slash": (
        manifest("ConfigMap", more='data: {"a/b": x}'),
        "5:15: data[\"a/b\"]: \"a/b\" is no key (write letters, digits, '-', '_' and '.')",
    ),
    "a number in a Secret": (
        manifest("Secret", more="stringData: {pin: 1234}"),
        "5:19: stringData.pin: needs text, not a number (put it in quotes)",
    ),
    "plain text in a Secret": (
        manifest("Secret", more="data: {password: hunter2}"),
        "5:18: data.password: needs base64 (write plain text under stringData)",
    ),
    "a flag as an annotation": (
        manifest("Service", more="  annotations: {scrape: true}"),
        "5:25: metadata.annotations.scrape: needs text, not true or false (put it in quotes)",
    ),
}

RIGHT = {
    "a name with dots": manifest("ConfigMap", "web.v1-2"),
    "the longest name": manifest("ConfigMap", "w" * 253),
    "a Role's name with colons": manifest("Role", "system:web", version="rbac.authorization.k8s.io/v1"),
    "a kind that nobody knows": manifest("Widget", "Web_App", "data: {a: 1}", version="example.test/v1"),
    "a ConfigMap of another group": manifest("ConfigMap", "Web_App", "data: {a: 1}", version="example.test/v1"),
    "a Service that begins with a digit": manifest("Service", "1web"),
    "nothing as data": manifest("ConfigMap", more="data:\n"),
    "nothing as a value": manifest("ConfigMap", more="data: {a: }"),
    "quoted numbers": manifest("ConfigMap", more='data: {a: "1", b: ""}'),
    "base64 over lines": manifest("Secret", more="data:\n  a: |\n    aHVu\n    dGVy\n  b: aA==\n  c: ''"),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
def test_what_no_cluster_takes_is_told(text: str, told: str) -> None:
    assert [one.text() for one in read_objects(text, LIMITS, Origin()).problems] == [told]


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_what_a_cluster_takes_is_left_alone(text: str) -> None:
    assert read_objects(text, LIMITS, Origin()).problems == ()
