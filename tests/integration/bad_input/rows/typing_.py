"""Group B: what YAML and JSON may turn a value into."""

from tests.integration.bad_input.row import FILE, Row, file, with_lines, with_steps, with_target


def weight(value: str) -> str:
    return with_steps(f"[{{setWeight: {{weight: {value}}}}}]")


def seconds(value: str) -> str:
    return with_steps(f"[{{pause: {{duration: {value}, unit: seconds}}}}]")


ROWS: tuple[Row, ...] = (
    *(file("BI-030", word, with_lines(f"context: {{country: {word}}}\n")) for word in ("NO", "on", "y", "off", "Yes")),
    file("BI-030", "key", with_lines("context: {on: x, y: z, no: w}\n")),
    *(
        file("BI-031", text, with_lines(f"context: {{version: {text}}}\n"))
        for text in ("1.10", "1e3", "0o17", "012", "0x1F", "1_000", "12:30:45", "2024-02-30")
    ),
    *(
        file("BI-031", f"weight {text}", weight(text), "wrong_type", "out_of_range")
        for text in ("012", "0x1F", "1_0", "1e1", "0o17", "+5", "1:30")
    ),
    *(
        file("BI-033", f"weight {text or 'nothing'}", weight(text), "wrong_type", "empty")
        for text in (".inf", ".nan", "~", "")
    ),
    file("BI-033", "targets null", FILE.replace("manifests:", "description: ~\nmanifests:")),
    file("BI-034", "5000 digits", weight("9" * 5000), "out_of_range", "wrong_type", "too_long"),
    *(file("BI-034", text, seconds(text), "out_of_range") for text in (str(2**63), str(-(2**63) - 1), str(2**53 + 1))),
    *(file("BI-035", text, weight(text), "wrong_type") for text in ("25.0", "25.5", '"25"', "25%", '" 25 "')),
    file("BI-037", "map for list", with_steps("{setWeight: 50}"), "wrong_type"),
    file("BI-037", "list for map", with_target("[prod]"), "wrong_type"),
    file("BI-037", "text for map", with_target("prod"), "wrong_type"),
    file("BI-037", "null in a list", with_steps("[null, {setWeight: 50}]"), "wrong_type", "empty"),
    file("BI-037", "number for text", FILE.replace("account: prod", "account: [3]"), "wrong_type"),
    file("BI-038", "unknown top", with_lines("deploymentconfig: {}\n"), "unknown_key"),
    file("BI-038", "unknown deep", with_steps("[{setWeight: {weight: 5, wait: 3}}]"), "unknown_key"),
    file("BI-038", "look-alike", FILE.replace("account:", "\u0430ccount:"), "unknown_key"),
    *(
        file("BI-039", key, with_lines(f"{key}: {{}}\n"), "unknown_key")
        for key in ("__proto__", "__class__", "constructor", "$ref")
    ),
)
