"""Whether a JSON text gives every key once: of two a decoder keeps the last, and somebody may have judged the first."""

import asyncio
import json
from collections import Counter

from libs.runtime.problem import Problem, quoted

_AT_ONCE = 64 * 1024
"""A larger text is looked at in a thread: it must not hold up everybody else's answers."""


async def require_single_keys(text: bytes | bytearray) -> None:
    """A `Problem` where a key is given twice. The text is known to be JSON."""
    if len(text) > _AT_ONCE:
        await asyncio.to_thread(_require, text)
    else:
        _require(text)


def _require(text: bytes | bytearray) -> None:
    try:
        json.loads(text, object_pairs_hook=_checked, parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "the body is nested too deeply") from error


def _checked(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) == len(pairs):
        return
    twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
    raise Problem(400, f"{quoted(twice)} is given twice; each key may be given once", "duplicate_key")
