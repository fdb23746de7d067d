"""Asks, frames and controls to and from the bytes on the bus, with the limits that hold on both sides."""

from typing import TypeVar

import msgspec

from libs.messages.agent import Ask, Control, Frame

ASK_BYTES = 768 * 1024
"""The most that an ask's body may hold: with its headers it still fits one message of the bus."""
CREDIT_MOST = 1024
TIMEOUT_MOST_MS = 10 * 60 * 1000
HEADERS_MOST = 64
HEADERS_BYTES = 16 * 1024
PATH_BYTES = 16 * 1024

_encode = msgspec.msgpack.Encoder().encode
_asks = msgspec.msgpack.Decoder(Ask)
_frames = msgspec.msgpack.Decoder(Frame)
_controls = msgspec.msgpack.Decoder(Control)

_Wire = TypeVar("_Wire")


class Unreadable(Exception):
    """These bytes are not what belongs on this subject, or are larger than is allowed."""


def encode(message: Ask | Frame | Control) -> bytes:
    return _encode(message)


def decode_ask(packet: bytes) -> Ask:
    ask = _decode(_asks, packet)
    if problem := problem_with(ask):
        raise Unreadable(problem)
    return ask


def problem_with(ask: Ask) -> str:
    """Why nobody may be asked this; empty where everybody on the way takes it."""
    if len(ask.body) > ASK_BYTES:
        return f"the body has {len(ask.body)} bytes; {ASK_BYTES} are allowed"
    if len(ask.path) > PATH_BYTES or not fits_headers(ask.headers):
        return "the path or the headers are too long"
    if not 0 < ask.timeout_ms <= TIMEOUT_MOST_MS or not 0 < ask.credit <= CREDIT_MOST:
        return f"the timeout must be within {TIMEOUT_MOST_MS} ms and the credit within {CREDIT_MOST} frames"
    if not 0 <= ask.fence_epoch < 2**63:
        return "the epoch is not one that was ever given"
    return ""


def decode_frame(packet: bytes) -> Frame:
    return _decode(_frames, packet)


def decode_control(packet: bytes) -> Control:
    return _decode(_controls, packet)


def fits_headers(headers: dict[str, str]) -> bool:
    if not headers:
        return True
    size = sum(len(name) + len(value) for name, value in headers.items())
    return len(headers) <= HEADERS_MOST and size <= HEADERS_BYTES


def _decode(decoder: msgspec.msgpack.Decoder[_Wire], packet: bytes) -> _Wire:
    try:
        return decoder.decode(packet)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)) from error
