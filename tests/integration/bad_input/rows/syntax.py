"""Group A: YAML and JSON as text, and their size."""

from tests.integration.bad_input.row import FILE, Row, body, file, with_lines


def nested(depth: int) -> str:
    return with_lines("context: " + "{a: " * depth + "1" + "}" * depth + "\n")


BOMB = "a: &a {x: 1}\n" + "".join(
    f"{chr(98 + level)}: &{chr(98 + level)} {{<<: [{', '.join(['*' + chr(97 + level)] * 9)}]}}\n" for level in range(8)
)
ALIASES = "context:\n  a: &a x\n" + "".join(f"  b{index}: *a\n" for index in range(1500))

ROWS: tuple[Row, ...] = (
    file("BI-001", "empty", "", "empty"),
    file("BI-001", "comments", "# nothing\n", "empty"),
    file("BI-001", "marker", "---\n", "empty"),
    file("BI-001", "null", "null\n", "empty"),
    file("BI-002", "scalar", "hello\n", "wrong_type"),
    file("BI-002", "list", "- a\n", "wrong_type"),
    file("BI-003", "two documents", f"{FILE}---\n{FILE}", "too_many_documents"),
    file("BI-005", "50000 brackets", "[" * 50_000, "too_deep"),
    file("BI-006", "65 maps", nested(65), "too_deep", "wrong_type"),
    file("BI-006", "60 maps", nested(60), "wrong_type"),
    file("BI-007", "1000 braces", "{" * 1000, "too_deep"),
    file("BI-007", "1000 dashes", "- " * 1000, "too_deep"),
    file("BI-009", "merge bomb", BOMB, "too_many_nodes"),
    file("BI-010", "cycle", "a: &a [*a]\n", "alias_cycle"),
    file("BI-011", "many aliases", with_lines(ALIASES), "too_many_aliases", "too_many_nodes", "too_many"),
    file("BI-011", "undefined alias", with_lines("description: *nobody\n"), "unknown_alias"),
    file("BI-011", "anchor twice", with_lines("description: &a x\ncontext: {a: &a y, b: *a}\n")),
    file("BI-013", "version", f"%YAML 9.9\n---\n{FILE}", "syntax"),
    file("BI-013", "tag directive", f"%TAG ! tag:evil,\n---\n{FILE}", "directive"),
    file("BI-013", "python tag", with_lines("description: !!python/object/apply:os.system [id]\n"), "tag"),
    file("BI-014", "top", f"{FILE}application: other\n", "duplicate_key"),
    file("BI-014", "nested", FILE.replace("account: prod,", "account: prod, account: qa,"), "duplicate_key"),
    file("BI-015", "number", with_lines("1: a\n"), "key_not_text"),
    file("BI-015", "true", with_lines("true: a\n"), "key_not_text"),
    file("BI-015", "null", with_lines("null: a\n"), "key_not_text"),
    file("BI-015", "list", with_lines("? [a]\n: b\n"), "key_not_text"),
    file("BI-015", "date", with_lines("2024-01-01: a\n"), "unknown_key"),
    file("BI-017", "NUL", FILE.replace("shop", "sh\0op", 1), "control_character"),
    file("BI-017", "escaped NUL", FILE.replace("application: shop", 'application: "sh\\0op"'), "bad_name"),
    file("BI-017", "escape", FILE.replace("application: shop", 'application: "sh\\eop"'), "bad_name"),
    file("BI-017", "DEL", FILE.replace("shop", "sh\x7fop", 1), "control_character"),
    file("BI-018", "UTF-8 mark", "\ufeff" + FILE),
    file("BI-018", "UTF-16", FILE.encode("utf-16"), "syntax", "not_utf8", "400"),
    file("BI-018", "Latin-1", FILE.replace("shop", "sh\u00f6p", 1).encode("latin-1"), "syntax", "not_utf8", "400"),
    file("BI-018", "overlong", FILE.encode().replace(b"shop", b"sh\xc0\xafop", 1), "syntax", "not_utf8", "400"),
    file("BI-018", "lone surrogate", FILE.replace("shop", "sh\ud800op", 1), "syntax", "not_utf8", "400"),
    file("BI-019", "1 MiB", FILE + "#" * (1024 * 1024 - len(FILE))),
    file("BI-019", "too large", FILE + "#" * (5 * 1024 * 1024), "too_long", "413", "too_large"),
    file("BI-021", "long scalar", with_lines(f"description: {'x' * 300_000}\n"), "too_long"),
    file("BI-021", "long block", with_lines("description: |\n" + "  line\n" * 150_000), "too_long", "too_large", "413"),
    body("BI-001", "nothing", b"", "400"),
    body("BI-022", "trailing comma", b'{"config": "a",}', "400"),
    body("BI-022", "comment", b'{"config": "a" /* b */}', "400"),
    body("BI-022", "single quotes", b"{'config': 'a'}", "400"),
    body("BI-022", "NaN", b'{"config": NaN}', "400"),
    body("BI-022", "Infinity", b'{"config": Infinity}', "400"),
    body("BI-022", "1e999", b'{"config": 1e999}', "400", "422"),
    body("BI-023", "twice in a list", b'{"name": "edge", "config": "a", "x": [{"y": 1, "y": 1}]}', "duplicate_key"),
    body("BI-023", "twice", b'{"name": "edge", "config": "a", "config": "b"}', "duplicate_key"),
    body("BI-025", "half a pair", b'{"config": "\\ud800"}', "400", "422"),
    file("BI-025", "half a pair in YAML", with_lines('description: "\\ud800"\n'), "syntax"),
    body("BI-005", "brackets", b"[" * 50_000, "400", "422"),
    body("BI-007", "braces", b'{"a":' * 10_000, "400"),
    body("BI-002", "list", b"[]", "400", "422"),
    body("BI-037", "number", b'{"config": 3}', "400", "422"),
    body("BI-026", "YAML", b"config: a\n", "400"),
    body("BI-018", "UTF-16", '{"config": "a"}'.encode("utf-16"), "400"),
)
