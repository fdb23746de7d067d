"""Group H: HTTP itself, as bytes on the wire."""

from tests.integration.bad_input.row import Row, raw

HEAD = b"Host: HOST\r\nAuthorization: Bearer TOKEN\r\n"


def ask(line: str, more: bytes = b"", body: bytes = b"") -> bytes:
    return line.encode() + b"\r\n" + HEAD + more + b"\r\n" + body


def get(path: str, more: bytes = b"") -> bytes:
    return ask(f"GET {path} HTTP/1.1", more)


LIST = "/api/v1/deployments"
JSON = b"Content-Type: application/json\r\n"

ROWS: tuple[Row, ...] = (
    raw("BI-160", "wrong method", ask(f"PUT {LIST} HTTP/1.1", b"Content-Length: 0\r\n"), "405"),
    raw("BI-160", "trace", ask(f"TRACE {LIST} HTTP/1.1"), "405", "501", "400"),
    raw("BI-160", "unknown method", ask(f"GETT {LIST} HTTP/1.1"), "405", "501", "400"),
    raw("BI-160", "connect", ask("CONNECT example:80 HTTP/1.1"), "405", "501", "400", "404"),
    raw("BI-160", "override", get(LIST, b"X-HTTP-Method-Override: DELETE\r\n")),
    raw("BI-161", "no type", ask(f"POST {LIST} HTTP/1.1", b"Content-Length: 2\r\n", b"{}"), "415"),
    raw(
        "BI-161",
        "form",
        ask(
            f"POST {LIST} HTTP/1.1", b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\n", b"{}"
        ),
        "415",
    ),
    raw("BI-163", "negative length", ask(f"POST {LIST} HTTP/1.1", JSON + b"Content-Length: -1\r\n"), "400"),
    raw(
        "BI-163",
        "huge length",
        ask(f"POST {LIST} HTTP/1.1", JSON + b"Content-Length: 99999999999999\r\n"),
        "400",
        "413",
    ),
    raw(
        "BI-163",
        "two lengths",
        ask(f"POST {LIST} HTTP/1.1", JSON + b"Content-Length: 2\r\nContent-Length: 3\r\n", b"{}"),
        "400",
    ),
    raw(
        "BI-163",
        "length and chunks",
        ask(f"POST {LIST} HTTP/1.1", JSON + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
        "400",
    ),
    raw(
        "BI-163",
        "huge chunk",
        ask(f"POST {LIST} HTTP/1.1", JSON + b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffffffff\r\n"),
        "400",
        "413",
        "closed",
    ),
    *(
        raw("BI-164", path[:20], get(path), "404", "400", "414")
        for path in (
            "//",
            "/api/v1//deployments",
            "/api/v1/deployments/../../x",
            "/api/v1/%2e%2e%2fx",
            "/api/v1/%252e",
            "/api/v1/deployments;x=1",
            "/API/V1/DEPLOYMENTS",
            "/api/v1/deployments/",
            "/api/v1/deployments%00",
            "/" + "x" * 9000,
        )
    ),
    *(
        raw("BI-165", query[:20], get(f"{LIST}?{query}"), "400", "422")
        for query in (
            "limit=-1",
            "limit=abc",
            "limit=1.5",
            "cursor=forged",
            "cursor=%00",
            "limit=1&limit=2",
            "phase=nonsense",
            "nobody=1",
        )
    ),
    raw("BI-165", "large limit", get(f"{LIST}?limit=1000000000"), "400", "422"),
    raw("BI-165", "bad escape", get(f"{LIST}?application=%zz")),
    raw("BI-165", "long query", get(f"{LIST}?application={'x' * 9000}"), "400", "414", "422"),
    raw("BI-169", "websocket", get(LIST, b"Connection: Upgrade\r\nUpgrade: websocket\r\n")),
    raw(
        "BI-169",
        "h2c",
        get(
            LIST, b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
        ),
    ),
    raw("BI-171", "ranges", get(LIST, b"Range: bytes=" + b"0-0," * 500 + b"0-0\r\n")),
    raw("BI-172", "origin", get(LIST, b"Origin: null\r\n")),
    raw(
        "BI-173",
        "plain text",
        ask(f"POST {LIST} HTTP/1.1", b"Content-Type: text/plain\r\nContent-Length: 2\r\n", b"{}"),
        "415",
    ),
    raw("BI-163", "large header", get(LIST, b"X-Large: " + b"x" * 20_000 + b"\r\n"), "400", "431"),
    raw("BI-163", "line of nonsense", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", "400"),
    raw("BI-163", "no host", f"GET {LIST} HTTP/1.1\r\n\r\n".encode(), "400", "401"),
    raw("BI-130", "two tokens", get(LIST, b"Authorization: Bearer x\r\n"), "400", "401"),
    raw(
        "BI-130", "token in the query", f"GET {LIST}?access_token=TOKEN HTTP/1.1\r\nHost: HOST\r\n\r\n".encode(), "401"
    ),
    raw("BI-179", "unknown version", get("/api/v9/deployments"), "404"),
)
