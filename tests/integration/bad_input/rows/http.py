"""Group H: HTTP itself, as bytes on the wire."""

import gzip
import zlib

from tests.integration.bad_input.row import Row, raw

HEAD = b"Host: HOST\r\nAuthorization: Bearer TOKEN\r\n"


def ask(line: str, more: bytes = b"", body: bytes = b"") -> bytes:
    return line.encode() + b"\r\n" + HEAD + more + b"\r\n" + body


def get(path: str, more: bytes = b"") -> bytes:
    return ask(f"GET {path} HTTP/1.1", more)


def post(body: bytes, more: bytes = b"Content-Type: application/json\r\n") -> bytes:
    """A start, sent whole."""
    return ask(f"POST {LIST} HTTP/1.1", more + f"Content-Length: {len(body)}\r\n".encode(), body)


def packed(encoding: str, body: bytes) -> bytes:
    return post(body, JSON + f"Content-Encoding: {encoding}\r\n".encode())


LIST = "/api/v1/deployments"
JSON = b"Content-Type: application/json\r\n"

NOTHING = b'{"config": ""}'
GZIPPED = gzip.compress(NOTHING)
GZIP_BOMB = gzip.compress(b'{"config": "' + bytes(64 * 1024 * 1024))

ROWS: tuple[Row, ...] = (
    raw("BI-026", "YAML as YAML", post(b"config: a\n", b"Content-Type: application/yaml\r\n"), "415"),
    raw("BI-026", "JSON as YAML", post(NOTHING, b"Content-Type: application/yaml\r\n"), "415"),
    raw("BI-027", "gzip", packed("gzip", GZIPPED), "415", "422"),
    raw("BI-027", "gzip twice", packed("gzip, gzip", gzip.compress(GZIPPED)), "400", "415"),
    raw("BI-027", "gzip of nothing known", packed("gzip", b"\x1f\x8bnonsense"), "400", "415"),
    raw("BI-027", "gzip cut short", packed("gzip", GZIPPED[:-6]), "400", "415", "422"),
    raw("BI-027", "gzip bomb", packed("gzip", GZIP_BOMB), "400", "413", "415"),
    raw("BI-027", "deflate", packed("deflate", zlib.compress(NOTHING)), "415", "422"),
    raw("BI-027", "br", packed("br", b"\x0b\x01\x80nonsense"), "400", "415"),
    raw("BI-027", "unknown coding", packed("rot13", NOTHING), "400", "415", "422"),
    *(
        raw("BI-041", f"since {since}", get(f"{LIST}?since={since}"), "400", "422")
        for since in (
            "2024-02-30T00:00:00Z",
            "2024-02-01T00:00:00",
            "2016-12-31T23:59:60Z",
            "0000-01-01T00:00:00Z",
            "10000-01-01T00:00:00Z",
            "yesterday",
            "1700000000",
            "2024-01-01T00:00:00%2b99:00",
        )
    ),
    *(
        raw(
            "BI-165",
            f"If-Match {etag}",
            ask("PUT /api/v1/config HTTP/1.1", JSON + f"If-Match: {etag}\r\nContent-Length: 14\r\n".encode(), NOTHING),
            "400",
        )
        for etag in ("nonsense", '"-1"', '"1", "2"', '"' + "9" * 20 + '"', '""')
    ),
    raw("BI-160", "head", ask(f"HEAD {LIST} HTTP/1.1")),
    raw("BI-160", "options", ask(f"OPTIONS {LIST} HTTP/1.1"), "405"),
    raw("BI-161", "charset", post(b"{}", b"Content-Type: application/json; charset=utf-7\r\n"), "415", "422"),
    raw("BI-161", "type of nonsense", post(b"{}", b"Content-Type: ;;/\r\n"), "415"),
    raw("BI-161", "accept", get(LIST, b"Accept: image/png\r\n")),
    raw("BI-163", "more than its length", post(b"{}") + b"nonsense\r\n\r\n", "400", "422"),
    raw(
        "BI-163",
        "long chunk extension",
        ask(
            f"POST {LIST} HTTP/1.1",
            JSON + b"Transfer-Encoding: chunked\r\n",
            b"2;" + b"x" * 1_000_000 + b"\r\n{}\r\n0\r\n\r\n",
        ),
        "400",
        "413",
        "422",
    ),
    raw(
        "BI-163",
        "trailer",
        f"POST {LIST} HTTP/1.1\r\nHost: HOST\r\n".encode()
        + JSON
        + b"Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n"
        + b"2\r\n{}\r\n0\r\nAuthorization: Bearer TOKEN\r\n\r\n",
        "401",
        "400",
    ),
    raw("BI-164", "backslashes", get("/api\\v1\\deployments"), "404", "400"),
    raw("BI-164", "NUL", b"GET /api/v1/\0 HTTP/1.1\r\n" + HEAD + b"\r\n", "400", "404"),
    raw("BI-164", "dot", get("/api/v1/./deployments/x"), "404", "400"),
    raw("BI-164", "whole address of another", get("http://evil.test/api/v1/nowhere"), "404", "400"),
    raw("BI-165", "list of names", get(f"{LIST}?a[]="), "400", "422"),
    raw("BI-165", "2000 parameters", get(f"{LIST}?{'&'.join(['a=1'] * 2000)}"), "400", "422"),
    raw("BI-165", "10000 parameters", get(f"{LIST}?{'&'.join(['a=1'] * 10_000)}"), "400", "414", "422"),
    raw("BI-165", "old cursor", get(f"{LIST}?cursor=MQ")),
    raw(
        "BI-169",
        "expects and sends nothing",
        ask(f"POST {LIST} HTTP/1.1", JSON + b"Content-Length: 9\r\nExpect: 100-continue\r\n"),
    ),
    raw(
        "BI-169",
        "expects nonsense",
        ask(f"POST {LIST} HTTP/1.1", JSON + b"Content-Length: 9\r\nExpect: miracles\r\n"),
        "417",
    ),
    *(
        raw("BI-172", origin, get(LIST, f"Origin: {origin}\r\n".encode()))
        for origin in ("https://evil.test", "https://HOST.evil.test")
    ),
    raw(
        "BI-172",
        "preflight",
        ask(f"OPTIONS {LIST} HTTP/1.1", b"Origin: https://evil.test\r\nAccess-Control-Request-Method: POST\r\n"),
        "405",
    ),
    raw("BI-179", "version in a header", get(LIST, b"X-API-Version: 9\r\n")),
    raw("BI-179", "version in a type", get(LIST, b"Accept: application/vnd.fairlead.v9+json\r\n")),
    raw("BI-179", "two versions", get("/api/v1/v9/deployments"), "404"),
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
        raw("BI-164", path[:40], get(path), "404", "400", "414")
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
        raw("BI-165", query[:40], get(f"{LIST}?{query}"), "400", "422")
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
