"""Group J, what comes in: the address that a webhook was given, and what is sent to it."""

from tests.integration.bad_input.row import Kind, Row


def said(id_: str, name: str, data: bytes, *expects: str) -> Row:
    return Row(id_, name, Kind.CALLBACK, data, expects)


def at(id_: str, address: str, *expects: str) -> Row:
    return Row(id_, f"address {address[:30]}", Kind.ADDRESS, address.encode(), expects)


ROWS: tuple[Row, ...] = (
    at("BI-214", "GOOD/callback"),
    at("BI-214", "xGOOD/callback", "404"),
    at("BI-214", "GOODx/callback", "404"),
    at("BI-214", "GOOD%00/callback", "404"),
    at("BI-214", "A" * 80 + "/callback", "404"),
    at("BI-214", "x" * 5000 + "/callback", "404"),
    at("BI-214", "%2e%2e/callback", "404"),
    at("BI-214", "/callback", "404"),
    at("BI-214", "callback?token=GOOD", "404"),
    at("BI-214", "GOOD/CALLBACK", "404"),
    at("BI-214", "GOOD", "404"),
    said("BI-215", "unknown status", b'{"status": "done"}', "invalid_body"),
    said("BI-215", "success and failure", b'{"success": true, "success": false}', "duplicate_key"),
    said("BI-215", "65 KiB", b'{"success": true, "mdMessage": "' + b"x" * 66_560 + b'"}', "too_large"),
    said("BI-215", "10 MB", b'{"success": true, "output": "' + b"x" * 10_000_000 + b'"}', "too_large"),
    said("BI-215", "form", b"success=true&mdMessage=x", "invalid_body"),
    said("BI-215", "success as text", b'{"success": "true"}', "invalid_body"),
    said("BI-215", "success as number", b'{"success": 1}', "invalid_body"),
    said("BI-215", "half a pair", b'{"success": true, "mdMessage": "\\ud800"}', "invalid_body"),
    said("BI-215", "more keys", b'{"success": true, "output": {"__proto__": {"admin": true}}}'),
    said("BI-215", "HTML", b'{"success": true, "mdMessage": "<script>alert(1)</script>"}'),
    said("BI-215", "controls", b'{"success": false, "mdMessage": "a\\u0000\\u001b[31m\\u202eb"}'),
)
