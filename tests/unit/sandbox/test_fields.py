import msgspec
import pytest

from sandbox.api.wire import Request
from sandbox.fields import protobuf
from sandbox.fields.strict import Unknown, WrongType, findings
from sandbox.objects.refusals import Refused
from tests.unit.sandbox.conftest import PATHS, Client
from tests.unit.sandbox.objects import Object, a_config_map, a_deployment, a_pod_template

DEPLOYMENT = "apps/v1.Deployment"


def test_complete_deployment_has_no_findings() -> None:
    assert findings(DEPLOYMENT, a_deployment()) == []


def test_misspelt_field_is_found() -> None:
    value = a_deployment(replica=3)
    value["spec"]["template"]["spec"]["containers"][0]["imagee"] = "x"
    assert findings(DEPLOYMENT, value) == [
        Unknown("spec.template.spec.containers[0].imagee"),
        Unknown("spec.replica"),
    ]


@pytest.mark.parametrize(
    ("field", "value", "finding"),
    [
        ("replicas", "three", WrongType("spec.replicas", "string", "int32")),
        ("replicas", True, WrongType("spec.replicas", "bool", "int32")),
        ("paused", "yes", WrongType("spec.paused", "string", "bool")),
        ("template", [], WrongType("spec.template", "array", "v1.PodTemplateSpec")),
    ],
)
def test_wrong_type_is_found(field: str, value: object, finding: WrongType) -> None:
    assert findings(DEPLOYMENT, {"spec": {field: value}}) == [finding]


def test_inlined_fields_are_known() -> None:
    volume = {"name": "v", "configMap": {"name": "c"}}
    probe = {"httpGet": {"port": "http"}, "periodSeconds": 5}
    pod = {"spec": {"volumes": [volume], "containers": [{"name": "a", "readinessProbe": probe}]}}
    assert findings("core/v1.Pod", pod) == []


async def test_strict_request_refuses_unknown_fields(client: Client) -> None:
    code, status = await client.ask("POST", f"{PATHS['Deployment']}?fieldValidation=Strict", a_deployment(bogus=1))
    assert (code, status["message"]) == (
        400,
        'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: '
        'unknown field "spec.bogus"',
    )


async def test_lenient_request_drops_unknown_fields(client: Client) -> None:
    stored = await client.create(a_deployment(bogus=1))
    assert "bogus" not in stored["spec"]


async def test_applied_unknown_field_is_an_error(client: Client) -> None:
    """As recorded from a real server."""
    code, status = await client.apply(a_deployment(bogus=1), "cd")
    assert (code, status["message"]) == (
        500,
        "failed to create typed patch object (default/web; apps/v1, Kind=Deployment): "
        ".spec.bogus: field not declared in schema",
    )


async def test_wrong_type_is_a_bad_request(client: Client) -> None:
    code, status = await client.ask("POST", PATHS["Deployment"], a_deployment(replicas="three"))  # type: ignore[arg-type]
    assert (code, "cannot unmarshal string" in status["message"]) == (400, True)


def varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def told(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def message(version: str, kind: str, raw: bytes) -> bytes:
    identity = told(1, version.encode()) + told(2, kind.encode())
    return protobuf.MAGIC + told(1, identity) + told(2, raw)


def test_protobuf_becomes_the_same_object() -> None:
    label = told(1, b"app") + told(2, b"web")
    metadata = told(1, b"web") + told(2, b"") + told(11, label)
    template = told(1, told(11, label)) + told(2, told(2, told(1, b"web") + told(2, b"shop/web:1")))
    spec = told(1, 2) + told(2, told(1, label)) + told(3, template)
    expected: Object = a_deployment(template=a_pod_template())
    expected["metadata"] = {"name": "web", "labels": {"app": "web"}}
    assert protobuf.decoded(message("apps/v1", "Deployment", told(1, metadata) + told(2, spec))) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        protobuf.MAGIC + b"\xff" * 12,
        message("apps/v1", "Deployment", told(2, told(3, b"\x0a\xff"))),
        message("apps/v1", "Sputnik", b""),
        message("apps/v1", "Deployment", told(1, 5)),
        message("v1", "ConfigMap", told(1, told(1, b"\xff"))),
    ],
)
def test_torn_protobuf_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        protobuf.decoded(body)
    assert refused.value.code == 400


async def test_unknown_field_is_warned_of(client: Client) -> None:
    value = {**a_config_map(), "dta": {}}
    request = Request(method="POST", path=PATHS["ConfigMap"], body=msgspec.json.encode(value))
    response = await client.api.handle(request)
    assert response.headers["Warning"] == r'299 - "unknown field \"dta\""'
