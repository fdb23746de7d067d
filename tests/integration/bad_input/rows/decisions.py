"""Groups A and B once more, at the doors that take people's orders."""

from tests.integration.bad_input.row import Kind, Row


def order(id_: str, name: str, data: bytes, *expects: str) -> Row:
    return Row(id_, f"order: {name}", Kind.DECISION, data, expects)


ROWS: tuple[Row, ...] = (
    order("BI-001", "null", b"null", "400", "422"),
    order("BI-002", "list", b"[]", "422"),
    order("BI-005", "brackets", b"[" * 50_000, "400", "422"),
    order("BI-022", "trailing comma", b'{"target": "prod",}', "400"),
    order("BI-022", "NaN", b'{"step": NaN}', "400"),
    order("BI-023", "target twice", b'{"target": "qa", "target": "prod"}', "duplicate_key"),
    order("BI-025", "half a pair", b'{"target": "\\ud800"}', "400", "422"),
    order("BI-034", "5000 digits", b'{"step": ' + b"9" * 5000 + b"}", "400", "422"),
    order("BI-035", "step 1.5", b'{"step": 1.5}', "422"),
    order("BI-035", "step as text", b'{"step": "1"}', "422"),
    order("BI-037", "target as list", b'{"target": ["prod"]}', "422"),
    order("BI-037", "long reason", b'{"reason": "' + b"x" * 1001 + b'"}', "422"),
    order("BI-177", "nobody's deployment", b'{"target": "prod", "step": 3}', "404"),
    order("BI-177", "negative step", b'{"step": -1, "gate": -1}', "404", "422"),
)
