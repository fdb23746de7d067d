"""How are objects read: one, or a list by selectors and pages, in the form that was asked for?"""

import base64
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec
from msgspec import Struct

from sandbox.api.call import Call
from sandbox.api.wire import Request, Response, answer
from sandbox.discovery import tables
from sandbox.objects import refusals
from sandbox.objects.json import Object, table
from sandbox.objects.kinds import Kind
from sandbox.objects.selectors import Matches, by_fields, by_labels
from sandbox.state.store import Record, Store

META = "meta.k8s.io/v1"


class Place(Struct, frozen=True):
    """Where a paged list goes on."""

    revision: int
    start: tuple[str, str]


def wants_table(request: Request) -> bool:
    """The first acceptable form counts; kubectl puts tables first."""
    return "as=Table" in request.accept.partition(",")[0]


def wants_metadata(request: Request) -> bool:
    return "as=PartialObjectMetadata" in request.accept.partition(",")[0]


def check_acceptable(request: Request) -> None:
    """Only JSON is spoken here; who asks for another form first, and for this one too, gets it."""
    if request.accept and not any(form in request.accept for form in ("json", "*/*", "application/*")):
        raise refusals.not_acceptable("application/json")


def matcher(request: Request, name: str = "") -> Matches:
    """The request's selectors as one predicate."""
    terms = []
    if labels := request.query.get("labelSelector"):
        terms.append(by_labels(labels))
    if fields := request.query.get("fieldSelector"):
        terms.append(by_fields(fields))
    if name:
        terms.append(by_fields(f"metadata.name={name}"))
    return lambda value: all(holds(value) for holds in terms)


def read(call: Call, request: Request, value: Object, now: datetime) -> Response:
    """One object in the form that was asked for."""
    if wants_table(request):
        return answer(tables.table(call.kind, [value], now, tables.Shown(_includes(request), call.served.columns)))
    return answer(partial(value) if wants_metadata(request) else value)


def partial(value: Object) -> Object:
    return {"apiVersion": META, "kind": "PartialObjectMetadata", "metadata": table(value, "metadata")}


def _includes(request: Request) -> str:
    return request.query.get("includeObject", "Metadata")


def list_objects(call: Call, request: Request, store: Store, now: datetime) -> Response:
    records = store.records(call.kind.resource, call.namespace)
    page, metadata = _page(call, request, records, store)
    values = [record.value for record in page]
    if wants_table(request):
        return answer(
            {
                **tables.table(call.kind, values, now, tables.Shown(_includes(request), call.served.columns)),
                "metadata": metadata,
            }
        )
    if wants_metadata(request):
        items = [partial(value) for value in values]
        return answer({"kind": "PartialObjectMetadataList", "apiVersion": META, "metadata": metadata, "items": items})
    head = {"kind": f"{call.kind.name}List", "apiVersion": call.kind.api_version, "metadata": metadata}
    return answer({**head, "items": [listed(call.kind, value) for value in values]})


def listed(kind: Kind, value: Object) -> Object:
    """In lists, built-in kinds leave out what the list already says."""
    if kind.is_custom:
        return value
    return {name: item for name, item in value.items() if name not in {"kind", "apiVersion"}}


def _page(call: Call, request: Request, records: Iterable[Record], store: Store) -> tuple[list[Record], Object]:
    holds = matcher(request, call.name)
    revision_asked(request)
    place = _place(call, request, store)
    found = [record for record in _after(records, place) if holds(record.value)]
    limit = _number(request, "limit")
    metadata: Object = {"resourceVersion": str(place.revision if place else store.revision)}
    if limit and len(found) > limit:
        place = Place(int(metadata["resourceVersion"]), _key(found[limit]))
        metadata["continue"] = base64.urlsafe_b64encode(msgspec.json.encode(place)).decode()
        if not (request.query.get("labelSelector") or request.query.get("fieldSelector")):
            metadata["remainingItemCount"] = len(found) - limit
        found = found[:limit]
    return found, metadata


def _place(call: Call, request: Request, store: Store) -> Place | None:
    token = request.query.get("continue")
    if not token:
        return None
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(token), type=Place)
    except ValueError as error:
        raise refusals.bad_request("continue key is not valid") from error
    if place.revision < store.oldest(call.kind.resource):
        message = "The provided continue parameter is too old to display a consistent list result."
        raise refusals.expired(message)
    return place


def _after(records: Iterable[Record], place: Place | None) -> Iterator[Record]:
    return (record for record in records if place is None or _key(record) >= place.start)


def _key(record: Record) -> tuple[str, str]:
    metadata = record.value["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def _number(request: Request, name: str) -> int:
    told = request.query.get(name, "0")
    if not told.isascii() or not told.isdigit() or len(told) > 18:
        raise refusals.bad_request(f"{name}: must be a number, not {told!r}")
    return int(told)


def revision_asked(request: Request) -> int | None:
    """The resourceVersion of a watch; None for `whatever is now`."""
    told = request.query.get("resourceVersion", "")
    if request.flag("watch") and told and not told.isdigit():
        # A list is refused for it, a watch fails.
        message = f'resourceVersion: Invalid value: "{told}": strconv.ParseUint: parsing "{told}": invalid syntax'
        raise refusals.Refused(500, "", message)
    return _number(request, "resourceVersion") or None if told else None


def seconds_asked(request: Request) -> int:
    return _number(request, "timeoutSeconds")
