import base64
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.config.model import BasicAuth, MetricProvider
from services.evaluator.measuring.prometheus import ANSWER_BYTES, NoValue, asked, secret_names, value
from tests.unit.analysis.runs import NOON

PROVIDER = MetricProvider("metrics", "prometheus", "https://metrics.test/base/")


def vector(*samples: str) -> bytes:
    return b'{"status":"success","data":{"resultType":"vector","result":[' + ",".join(samples).encode() + b"]}}"


@pytest.mark.feature("F123")
def test_question_is_a_post_for_an_instant() -> None:
    request = asked(PROVIDER, 'sum(rate(errors{app="shop"}[60s]))', NOON, {})
    assert str(request.url) == "https://metrics.test/base/api/v1/query"
    assert parse_qs(request.body.decode()) == {
        "query": ['sum(rate(errors{app="shop"}[60s]))'],
        "time": ["1772366400.000"],
    }
    assert "Authorization" not in request.headers


@pytest.mark.feature("F123")
def test_password_is_sent_as_basic() -> None:
    provider = MetricProvider("metrics", "prometheus", "http://m", basic_auth=BasicAuth("ann", "pass"))
    header = asked(provider, "up", NOON, {"pass": "wönder"}).headers["Authorization"]
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == "ann:wönder"
    assert secret_names(provider) == ("pass",)


@pytest.mark.feature("F123")
def test_token_is_sent_as_bearer() -> None:
    provider = MetricProvider("metrics", "prometheus", "http://m", bearer_secret="token")
    assert asked(provider, "up", NOON, {"token": "hush"}).headers["Authorization"] == "Bearer hush"
    assert secret_names(provider) == ("token",)


def test_question_never_shows_itself() -> None:
    assert "hush" not in repr(asked(PROVIDER, "hush", NOON, {}))


@pytest.mark.feature("F123")
@pytest.mark.parametrize(
    ("body", "number"),
    [
        (b'{"status":"success","data":{"resultType":"scalar","result":[1772366400,"0.25"]}}', 0.25),
        (vector('{"metric":{"app":"shop"},"value":[1772366400.1,"3"]}'), 3.0),
        (vector('{"metric":{},"value":[1772366400,"1e-3"]}'), 0.001),
        (b'{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"-2"]}]},"warnings":["x"]}', -2.0),
    ],
)
def test_one_number_is_a_value(body: bytes, number: float) -> None:
    assert value(200, body) == number


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (200, vector(), "no data"),
        (
            200,
            vector('{"metric":{"pod":"a"},"value":[1,"1"]}', '{"metric":{"pod":"b"},"value":[1,"2"]}'),
            r'gives 2 values, not one: \{pod="a"\}, \{pod="b"\}$',
        ),
        (200, vector('{"metric":{},"value":[1,"NaN"]}'), "the value is NaN"),
        (200, vector('{"metric":{},"value":[1,"+Inf"]}'), r"the value is \+Inf"),
        (200, vector('{"metric":{},"value":[1,"1e999"]}'), "the value is 1e999"),
        (200, vector('{"metric":{},"value":[1,"many"]}'), "'many' is not a number"),
        (200, vector('{"metric":{},"value":7}'), "not Prometheus's"),
        (200, vector('{"metric":{}}'), "not Prometheus's"),
        (200, b'{"status":"success","data":{"resultType":"matrix","result":[]}}', "gives a matrix, not one value"),
        (200, b'{"status":"success","data":{"resultType":"string","result":[1,"a"]}}', "gives a string"),
        (200, b'{"status":"success"}', "answers 200: no reason given"),
        (400, b'{"status":"error","errorType":"bad_data","error":"parse error"}', r"400 \(bad_data\): parse error"),
        (503, b'{"status":"error","errorType":"timeout","error":"query timed out"}', "query timed out"),
        (401, b"Unauthorized\n", "the provider answers 401: Unauthorized$"),
        (403, b'{"message":"forbidden"}', 'the provider answers 403: {"message":"forbidden"}'),
        (429, b"slow down", "the provider answers 429: slow down$"),
        (502, b"", "the provider answers 502$"),
        (200, b"<html>a proxy's page</html>", "is the provider's URL right"),
        (200, b"[" * 100_000, "is the provider's URL right"),
        (200, b"x" * (ANSWER_BYTES + 1), "longer than 256 KiB"),
    ],
)
def test_anything_else_says_why_not(status: int, body: bytes, problem: str) -> None:
    with pytest.raises(NoValue, match=problem):
        value(status, body)


@given(st.integers(100, 599), st.binary(max_size=200))
def test_no_answer_breaks_it(status: int, body: bytes) -> None:
    with pytest.raises(NoValue):
        value(status, body)
