"""Who owns which field after a write? The `managedFields` record, read, changed and written back."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from sandbox.objects.fields import FieldSet, decoded, differing, encoded
from sandbox.objects.json import Object, items, placed, stamp, text
from sandbox.objects.kinds import Kind
from sandbox.objects.schema import rules_for

APPLY = "Apply"
UPDATE = "Update"


class Author(Struct, frozen=True, kw_only=True):
    """Who writes, as the API records it: `kubectl-scale` through the `scale` subresource."""

    name: str
    operation: str = UPDATE
    subresource: str = ""


class Share(Struct, frozen=True):
    """The fields that one author owns."""

    author: Author
    api_version: str
    at: str
    fields: FieldSet


def shares_of(value: Object) -> list[Share]:
    return [_share(entry) for entry in items(value, "metadata", "managedFields") if isinstance(entry, dict)]


def _share(entry: Object) -> Share:
    author = Author(
        name=text(entry, "manager"), operation=text(entry, "operation"), subresource=text(entry, "subresource")
    )
    return Share(author, text(entry, "apiVersion"), text(entry, "time"), decoded(entry.get("fieldsV1") or {}))


def recorded(value: Object, shares: list[Share]) -> Object:
    """The object with its record of owners; authors who own nothing any more are dropped."""
    entries = [_entry(share) for share in shares if share.fields]
    return placed(value, ("metadata", "managedFields"), entries or None)


def _entry(share: Share) -> Object:
    entry: Object = {
        "manager": share.author.name,
        "operation": share.author.operation,
        "apiVersion": share.api_version,
        "time": share.at,
        "fieldsType": "FieldsV1",
        "fieldsV1": encoded(share.fields),
    }
    return {**entry, "subresource": share.author.subresource} if share.author.subresource else entry


def _reached(value: Object, subresource: str) -> Object:
    return {"status": value.get("status")} if subresource == "status" else value


def after_update(kind: Kind, live: Object, new: Object, author: Author, now: datetime) -> list[Share]:
    """An update owns what it changes; who owned the old values does not any more."""
    rules = rules_for(kind)
    before, after = differing(_reached(live, author.subresource), _reached(new, author.subresource), rules)
    missing = object()
    changed = frozenset(path for path, value in after.items() if before.get(path, missing) != value)
    gone = frozenset(before.keys() - after.keys())
    shares = [replace(share, fields=share.fields - gone) for share in shares_of(live)]
    if not changed:
        return shares
    others = [replace(share, fields=share.fields - changed) for share in shares if share.author != author]
    own = frozenset[tuple[str, ...]]().union(*(share.fields for share in shares if share.author == author))
    return [*others, Share(author, kind.api_version, stamp(now), own | changed)]
