"""Group E: names and identifiers."""

from tests.integration.bad_input.row import FILE, Kind, Row, file, with_target

KUBERNETES = ("Shop", "-shop", "shop-", "a_b", "a.b", "..", "a b", "a/b", "a\\\\b", "%2f", "x" * 64, "a*", ">")
CONTROL = (
    "a\\0b",
    "a\\r\\nPUB x 1",
    "\\e[31m",
    "a\\u202eb",
    "a\\u2066b",
    "a\\u200bb",
    "a\\ufeffb",
    "a\\u061cb",
    "a\\u00adb",
)
ODD = ("*", ">", "a.b", "$JS.API.STREAM.DELETE.DEP", "prod (eu)", "a/b", "%00", "null", "true", "con", "-", "x" * 200)
IDS = (
    "x",
    "00000000-0000-0000-0000-000000000000",
    "' or 1=1",
    "{{7*7}}",
    "../../etc/passwd",
    "%00",
    "*",
    ">",
    "a" * 4000,
    "03000000-0000-8000-8000-00000000000D",
    "03000000-0000-8000-8000-00000000000d",
    "ff000000-0000-8000-8000-00000000000d",
    "..",
    "\u202e",
)

ROWS: tuple[Row, ...] = (
    *(
        file(
            "BI-101",
            f"namespace {name}",
            with_target(f'{{account: prod, namespace: "{name}", strategy: careful}}'),
            "bad_name",
            "bad_text",
            "too_long",
        )
        for name in KUBERNETES
    ),
    *(
        file(
            "BI-101",
            f"application {name}",
            FILE.replace("application: shop", f'application: "{name}"'),
            "bad_text",
            "bad_name",
        )
        for name in CONTROL
    ),
    *(
        file("BI-101", f"target {name}", FILE.replace("  prod:", f'  "{name}":'), "bad_text", "bad_name")
        for name in CONTROL
    ),
    *(
        file("BI-102", f"application {name}", FILE.replace("application: shop", f'application: "{name}"'))
        for name in ODD
    ),
    *(file("BI-103", f"target {name}", FILE.replace("  prod:", f'  "{name}":')) for name in ODD),
    *(
        file("BI-101", f"strategy {name}", FILE.replace("careful", f'"{name}"'), "bad_text", "bad_name")
        for name in CONTROL
    ),
    *(file("BI-107", f"strategy {name}", FILE.replace("careful", f'"{name}"')) for name in ODD),
    *(Row("BI-105", f"id {name[:40]}", Kind.ID, name.encode(), ("404", "400", "414", "1", "2")) for name in IDS),
    Row("BI-109", "empty key", Kind.KEY, b"", ("400", "422")),
    Row("BI-109", "key with a space", Kind.KEY, b"a b", ("400", "422")),
    Row("BI-109", "long key", Kind.KEY, b"k" * 300, ("400", "422")),
    Row("BI-109", "key not ASCII", Kind.KEY, "k\u00e9y".encode(), ("400", "422")),
    Row("BI-109", "key of control characters", Kind.KEY, b"a\x01b", ("400", "422")),
    *(
        Row("BI-101", f"agent {name[:20]}", Kind.AGENT, name.encode(), ("422", "400"))
        for name in ("", "a b", "a\r\nb", "*", ">", "..", "\u0430", "a\u202eb", "a\0b", "x" * 300)
    ),
)
