"""Whether the stream is still the one that was known: compared with what was seen of it. Pure."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct


class Landmark(Struct, frozen=True, order=True):
    """A message that the stream holds for ever: nothing of ours removes it."""

    sequence: int
    subject: str


class Known(Struct, frozen=True):
    """What was seen of the stream; `created` tells one stream from another of the same name."""

    created: datetime
    landmarks: tuple[Landmark, ...] = ()


class Found(Struct, frozen=True):
    """What the stream's leader says now."""

    created: datetime
    last: int
    subjects: Mapping[int, str] = {}
    """What stands at the sequences of the landmarks, where anything does."""


def went_back(known: Known | None, found: Found | None) -> str:
    """What happened to the stream; empty where it is as it was known, or nothing was."""
    if known is None:
        return ""
    if found is None:
        return "the stream is gone"
    if found.created != known.created:
        return f"the stream was made anew at {found.created:%F %T}, the one that was known at {known.created:%F %T}"
    return next((problem for landmark in known.landmarks if (problem := _missing(landmark, found))), "")


def _missing(landmark: Landmark, found: Found) -> str:
    if landmark.sequence > found.last:
        return f"the stream ends at {found.last}, and {landmark.sequence} was seen: an older copy is in its place"
    match found.subjects.get(landmark.sequence, ""):
        case "":
            return f"message {landmark.sequence} was removed from the stream"
        case landmark.subject:
            return ""
        case other:
            return (
                f"message {landmark.sequence} of the stream is another than was seen: {other}, not {landmark.subject}"
            )
