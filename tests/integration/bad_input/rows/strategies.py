"""Group D: weights, steps, strategies, targets."""

from tests.integration.bad_input.row import FILE, Row, file, with_lines, with_steps, with_target

MANY = "".join(f"  t{index}: {{account: prod, namespace: n{index}, strategy: careful}}\n" for index in range(1001))
ANALYSIS = "analysis:\n  defaultMetricProviderName: p\n  queries: [{name: q, queryTemplate: up, QUERY}]\n"


def analysed(step: str, query: str = "upperLimit: 1") -> str:
    return with_steps(f"[{{analysis: {{{step}, queries: [q]}}}}]") + ANALYSIS.replace("QUERY", query)


def depending(one: str, other: str) -> str:
    lines = f"""  one: {{account: prod, namespace: a, strategy: careful, constraints: {{dependsOn: [{one}]}}}}
  other: {{account: prod, namespace: b, strategy: careful, constraints: {{dependsOn: [{other}]}}}}
"""
    return FILE.replace("manifests:", lines + "manifests:", 1)


GOOD = "interval: 30, units: seconds, numberOfJudgmentRuns: 2"

ROWS: tuple[Row, ...] = (
    file("BI-081", "falling", with_steps("[{setWeight: 50}, {setWeight: 25}]")),
    file("BI-081", "repeated", with_steps("[{setWeight: 25}, {setWeight: 25}]")),
    file("BI-081", "first 100", with_steps("[{setWeight: 100}]")),
    *(file("BI-081", f"weight {w}", with_steps(f"[{{setWeight: {w}}}]"), "out_of_range") for w in (-1, 101, 10**8)),
    file("BI-082", "no steps", with_steps("[]")),
    file("BI-082", "1001 steps", with_steps("[" + ", ".join(["{setWeight: 5}"] * 1001) + "]"), "too_many"),
    file(
        "BI-082", "two kinds", with_steps("[{setWeight: 5, pause: {untilApproved: true}}]"), "too_many_keys", "excluded"
    ),
    file("BI-082", "empty step", with_steps("[{}]"), "missing_key", "empty"),
    file(
        "BI-082",
        "no kind",
        FILE.replace("{canary: {steps: [{setWeight: {weight: 50}}]}}", "{}"),
        "missing_key",
        "empty",
    ),
    file("BI-083", "pause 0", with_steps("[{pause: {duration: 0, unit: seconds}}]"), "out_of_range"),
    file("BI-083", "pause of nothing", with_steps("[{pause: {}}]"), "missing_key", "empty"),
    file("BI-083", "both", with_steps("[{pause: {duration: 3, unit: seconds, untilApproved: true}}]"), "excluded"),
    file("BI-083", "no unit", with_steps("[{pause: {duration: 3}}]"), "missing_key"),
    file("BI-083", "odd unit", with_steps("[{pause: {duration: 3, unit: fortnights}}]"), "wrong_word"),
    file("BI-085", "unknown", with_target("{account: prod, strategy: other}"), "unknown_name"),
    file("BI-086", "cycle", depending("other", "one"), "cycle"),
    file("BI-086", "self", depending("one", "prod"), "cycle"),
    file("BI-086", "unknown", depending("nobody", "prod"), "unknown_name"),
    file("BI-086", "1001 targets", FILE.replace("manifests:", MANY + "manifests:", 1), "too_many", "too_large"),
    file(
        "BI-086",
        "rivals",
        FILE.replace("manifests:", "  qa: {account: prod, namespace: shop, strategy: careful}\nmanifests:", 1),
    ),
    file(
        "BI-087",
        "unregistered",
        with_target("{account: nobody, namespace: shop, strategy: careful}"),
        "unknown_agent",
        "unknown_account",
        is_servers=True,
    ),
    file(
        "BI-087",
        "another tenant's",
        with_target("{account: foreign, namespace: shop, strategy: careful}"),
        "unknown_agent",
        "unknown_account",
        is_servers=True,
    ),
    file(
        "BI-089",
        "no active service",
        FILE.replace("{canary: {steps: [{setWeight: {weight: 50}}]}}", "{blueGreen: {}}"),
        "missing_key",
        "no_service",
    ),
    file("BI-091", "no runs", analysed("interval: 30, units: seconds, numberOfJudgmentRuns: 0"), "out_of_range"),
    file("BI-091", "no interval", analysed("interval: 0, units: seconds, numberOfJudgmentRuns: 1"), "out_of_range"),
    file("BI-091", "limit NaN", analysed(GOOD, "upperLimit: .nan"), "out_of_range", "wrong_type"),
    file("BI-091", "crossed limits", analysed(GOOD, "upperLimit: 1, lowerLimit: 2"), "out_of_range", "excluded"),
    file("BI-091", "no limits", analysed(GOOD, "aggregationMethod: avg"), "missing_key"),
    file(
        "BI-091",
        "unknown query",
        with_steps(f"[{{analysis: {{{GOOD}, queries: [other]}}}}]") + ANALYSIS.replace("QUERY", "upperLimit: 1"),
        "unknown_name",
    ),
    file("BI-091", "no block", with_steps(f"[{{analysis: {{{GOOD}, queries: [q]}}}}]"), "unknown_name", "missing_key"),
    file(
        "BI-093", "roles twice", with_steps("[{pause: {untilApproved: true, requiresRoles: [a, a]}}]"), "duplicate_name"
    ),
    file("BI-093", "approvals", with_steps("[{pause: {untilApproved: true, approvals: 2}}]"), "not_built"),
    file(
        "BI-093",
        "role of nothing",
        with_steps('[{pause: {untilApproved: true, requiresRoles: [""]}}]'),
        "empty",
        "bad_text",
    ),
    file(
        "BI-085",
        "used twice",
        FILE.replace("manifests:", "  qa: {account: prod, namespace: qa, strategy: careful}\nmanifests:", 1),
    ),
    file("BI-093", "no role at all", with_steps("[{pause: {untilApproved: true, requiresRoles: []}}]")),
    file("BI-085", "unknown webhook", with_steps("[{runWebhook: {name: nobody}}]"), "unknown_name"),
    file(
        "BI-083",
        "timeout too short",
        with_lines("deploymentConfig: {timeout: {duration: 3, unit: seconds}}\n"),
        "out_of_range",
        is_servers=True,
    ),
    file("BI-082", "lambda", with_lines("kind: lambda\n"), "not_built"),
)
