"""Group F: templates."""

from tests.integration.bad_input.row import Row, file, with_lines, with_steps

CODE = ("${jndi:ldap://x}", "#{T(java.lang.Runtime)}", "$(id)", "`id`", "%(x)s", "{0.__init__.__globals__}")


def hooked(uri: str = "https://ci.example/x", body: str = "") -> str:
    inline = f"\n    bodyTemplate: {{inline: '{body}'}}" if body else ""
    return (
        with_steps("[{setWeight: 5}, {runWebhook: {name: ci}}]")
        + f"webhooks:\n  - name: ci\n    method: POST\n    uriTemplate: '{uri}'{inline}\n"
    )


def limited(limit: str) -> str:
    """An analysis, whose limits are numbers and nothing else."""
    return with_steps("[{analysis: {interval: 30, units: seconds, numberOfJudgmentRuns: 2, queries: [q]}}]") + (
        "analysis:\n  defaultMetricProviderName: p\n"
        f"  queries:\n    - name: q\n      queryTemplate: up\n      upperLimit: {limit}\n"
    )


ROWS: tuple[Row, ...] = (
    file("BI-115", "other space", hooked(body="{{other.x}}"), "bad_template"),
    file("BI-115", "no space", hooked(body="{{x}}"), "bad_template"),
    file("BI-116", "code in a tag", hooked(body="{{ 1.__class__ }}"), "bad_template"),
    file("BI-116", "section", hooked(body="{{#context.a}}x{{/context.a}}"), "bad_template"),
    file("BI-116", "partial", hooked(body="{{> context.a}}"), "bad_template"),
    file("BI-116", "triple", hooked(body="{{{context.a}}}"), "bad_template"),
    *(file("BI-116", code, hooked(body=code)) for code in CODE),
    file("BI-118", "odd context", with_lines('context: {a: "\\"}, \\"admin\\": true, {\\"", b: "x\\ny: z"}\n')),
    file("BI-118", "context with keys in it", with_lines('context: {a: "x\\nstrategies: {}\\n", b: "{}"}\n')),
    file("BI-119", "placeholder in context", with_lines('context: {a: "{{secrets.x}}"}\n')),
    *(
        file("BI-122", expression[:20], limited(expression), "wrong_type")
        for expression in ("'result > 5'", "1/0", "9**9**9", "__import__('os')", "(" * 20 + "1" + ")" * 20)
    ),
    file("BI-124", "another deployment", hooked(body="{{deployments.other.outputs}}"), "bad_template"),
)
