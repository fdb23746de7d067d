"""Prometheus's HTTP API: how one number is asked for, and which number an answer is. Pure."""

import base64
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec import Struct
from yarl import URL

from libs.config.model import MetricProvider
from libs.egress.call import INTRODUCTION
from services.evaluator.measuring.rendering import epoch_millis

ANSWER_BYTES = 256 * 1024
"""One number needs far less; what is longer is no answer to a query that gives one."""
_SHOWN_LABELS = 3


class NoValue(Exception):
    """The provider gave no number; the text says why, in the provider's own words where it has any."""


class Request(Struct, frozen=True):
    """It holds secrets: it is neither stored nor logged."""

    url: URL
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return "Request(…)"


class _Found(Struct, frozen=True, rename="camel"):
    result_type: str = ""
    result: Any = None


class _Answer(Struct, frozen=True, rename="camel"):
    status: str
    data: _Found | None = None
    error_type: str = ""
    error: str = ""


class _Sample(Struct, frozen=True):
    value: tuple[float, str]
    metric: dict[str, str] = {}


def asked(provider: MetricProvider, query: str, at: datetime, secrets: Mapping[str, str]) -> Request:
    """What asks for a query's value at an instant. By POST, for queries are longer than addresses may be."""
    form = {"query": query, "time": f"{epoch_millis(at) / 1000:.3f}"}
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    headers |= INTRODUCTION | _authorization(provider, secrets)
    url = URL(provider.url.rstrip("/") + "/api/v1/query")
    return Request(url, headers, urlencode(form, errors="replace").encode())


def secret_names(provider: MetricProvider) -> tuple[str, ...]:
    """Which secrets the provider wants to be asked with."""
    if provider.basic_auth is not None:
        return (provider.basic_auth.password_secret,)
    return (provider.bearer_secret,) if provider.bearer_secret else ()


def value(status: int, body: bytes) -> float:
    """The one number that an answer is, or `NoValue`."""
    answer = _decoded(status, body)
    if answer.status != "success" or answer.data is None:
        kind = f" ({answer.error_type})" if answer.error_type else ""
        raise NoValue(f"Prometheus answers {status}{kind}: {answer.error or 'no reason given'}")
    match answer.data:
        case _Found("scalar", found):
            return _number(_typed(found, tuple[float, str])[1])
        case _Found("vector", found):
            return _only(_typed(found, list[_Sample]))
        case _Found(kind):
            raise NoValue(f"the query gives a {kind[:20] or 'nameless result'}, not one value")


def _authorization(provider: MetricProvider, secrets: Mapping[str, str]) -> dict[str, str]:
    if provider.basic_auth is not None:
        user, password = provider.basic_auth.username, secrets[provider.basic_auth.password_secret]
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
    return {"Authorization": f"Bearer {secrets[provider.bearer_secret]}"} if provider.bearer_secret else {}


def _decoded(status: int, body: bytes) -> _Answer:
    if len(body) > ANSWER_BYTES:
        raise NoValue(f"the answer is longer than {ANSWER_BYTES // 1024} KiB: the query must give one value")
    try:
        return msgspec.json.decode(body, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        if status == 200:
            raise NoValue("the answer is not Prometheus's: is the provider's URL right?") from None
        said = body.decode(errors="replace").strip()
        raise NoValue(f"the provider answers {status}{f': {said}' if said else ''}") from None


def _only(samples: list[_Sample]) -> float:
    match samples:
        case []:
            raise NoValue("no data: the query gives nothing for this time")
        case [sample]:
            return _number(sample.value[1])
        case _:
            shown = ", ".join(_labels(sample.metric) for sample in samples[:_SHOWN_LABELS])
            cut = ", …" if len(samples) > _SHOWN_LABELS else ""
            raise NoValue(f"the query gives {len(samples)} values, not one: {shown}{cut}")


def _labels(metric: Mapping[str, str]) -> str:
    return "{" + ", ".join(f'{name}="{text}"' for name, text in sorted(metric.items())) + "}"


def _typed(found: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(found, kind)
    except msgspec.MsgspecError as error:
        raise NoValue(f"the answer is not Prometheus's: {error}") from None


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise NoValue(f"{text[:40]!a} is not a number") from None
    if not math.isfinite(number):
        raise NoValue(f"the value is {text[:40]}, which no limit can judge; a division by zero gives it")
    return number
