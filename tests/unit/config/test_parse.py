"""Reading a configuration file: what it means, and everything that can be wrong with it, with its place."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.config.model import (
    DEFAULT_EVENTS,
    BasicAuth,
    Config,
    Grant,
    MetricProvider,
    NotificationRule,
    Role,
)
from libs.config.parse import Parsed, parse

WHOLE = """\
allowAutoDelete: true
tenants: [main]
roles:
  - name: Release Captain
    tenant: main
    grants:
      - {type: api, resource: deployment, permission: full}
  - name: asker
    systemDefined: false
metricProviders:
  - name: prom
    type: Prometheus
    url: http://prometheus.monitoring:9090/
    agent: prod-eu
    basicAuth: {username: fairlead, passwordSecret: prometheus.password}
  - {name: dog, type: DATADOG, baseUrl: "https://api.datadoghq.eu", apiKeySecret: k, applicationKeySecret: a}
  - {name: relic, type: newRelic, url: "https://api.newrelic.com/graphql", apiKeySecret: k, accountId: 0123}
notifications:
  - {name: team, kind: slack, urlSecret: slack-team}
  - name: audit
    kind: webhook
    url: https://audit.example.com/in
    events: "rollout.*"
    applications: [shop-*, pay]
    targets: [prod]
    headers: {Authorization: "Bearer {{secrets.audit}}"}
"""


def read(text: str) -> Parsed:
    return parse(text, "main")


def complaint(text: str) -> str:
    return "\n".join(problem.text() for problem in read(text).problems)


@pytest.mark.feature("F123", "F124", "F125", "F139")
def test_whole_file_reads_as_written() -> None:
    assert read(WHOLE).config == Config(
        allow_auto_delete=True,
        tenants=("main",),
        roles=(Role("Release Captain", "main", (Grant("deployment"),)), Role("asker")),
        metric_providers=(
            MetricProvider(
                "prom",
                "prometheus",
                "http://prometheus.monitoring:9090",
                agent="prod-eu",
                basic_auth=BasicAuth("fairlead", "prometheus.password"),
            ),
            MetricProvider(
                "dog", "datadog", "https://api.datadoghq.eu", api_key_secret="k", application_key_secret="a"
            ),
            MetricProvider(
                "relic", "newRelic", "https://api.newrelic.com/graphql", api_key_secret="k", account_id="0123"
            ),
        ),
        notifications=(
            NotificationRule("team", "slack", url_secret="slack-team", events=DEFAULT_EVENTS),
            NotificationRule(
                "audit",
                "webhook",
                "https://audit.example.com/in",
                events=("rollout.*",),
                applications=("shop-*", "pay"),
                targets=("prod",),
                headers={"Authorization": "Bearer {{secrets.audit}}"},
            ),
        ),
    )


def test_what_is_shown_reads_as_the_same() -> None:
    config = read(WHOLE).config
    again = read(msgspec.json.encode(config).decode())
    assert (again.config, [one for one in again.problems if one.severity == "error"]) == (config, [])


def test_sections_say_what_the_file_has() -> None:
    assert read("allowAutoDelete: true\n").sections == {"allowAutoDelete"}


WRONG = [
    ("", "1:1: is empty (write roles, metricProviders or notifications)"),
    ("[]", "1:1: needs a mapping with roles, not a list"),
    ("rolls: []", "1:1: rolls: is not known here (did you mean roles?)"),
    (
        "roles: [{name: a, grants: [{type: api, resource: deploymnt, permission: full}]}]",
        "1:50: roles[0].grants[0].resource: needs organization, tenant or deployment, "
        'not the text "deploymnt" (did you mean deployment?)',
    ),
    (
        "roles: [{name: a, grants: [{resource: tenant, permission: full}]}]",
        "1:28: roles[0].grants[0].type: is missing (add it: api)",
    ),
    (
        "roles:\n- name: SRE\n- name: sre",
        '3:9: roles[1].name: "sre" is named twice, first in line 2; '
        "case makes no difference (rename one, or remove it)",
    ),
    (
        "metricProviders: [{name: a, type: datadog, url: 'https://x', apiKeySecret: k}]",
        "1:19: metricProviders[0].applicationKeySecret: is missing: datadog needs it (add it)",
    ),
    (
        "metricProviders: [{name: a, type: prometheus, url: 'https://x', accountId: 1}]",
        "1:76: metricProviders[0].accountId: has no meaning for prometheus "
        "(prometheus takes agent, basicAuth, bearerSecret)",
    ),
    (
        "metricProviders: [{name: a, type: prometheus, url: 'https://u:p@x'}]",
        "1:52: metricProviders[0].url: holds a password: name a secret instead (write it as https://host/path)",
    ),
    (
        "metricProviders: [{name: a, type: prometheus, url: 'file:///etc/passwd'}]",
        '1:52: metricProviders[0].url: "file:///etc/passwd" is not the URL of a host (write it as https://host/path)',
    ),
    (
        "notifications: [{name: a, kind: slack}]",
        "1:17: notifications[0]: has neither url nor urlSecret "
        "(write one: urlSecret names a secret whose value is the address)",
    ),
    (
        "notifications: [{name: a, kind: slack, url: '{{secrets.hook}}'}]",
        "1:45: notifications[0].url: holds a template (write urlSecret: and the secret's name)",
    ),
    (
        "notifications: [{name: a, kind: slack, urlSecret: s, events: [deployment.succeded]}]",
        '1:63: notifications[0].events[0]: "deployment.succeded" means no event (did you mean deployment.succeeded?)',
    ),
    (
        "notifications: [{name: a, kind: webhook, urlSecret: s, headers: {Host: x}}]",
        '1:72: notifications[0].headers.Host: "Host" cannot be set here (use a header\'s name of your own)',
    ),
    (
        'notifications: [{name: a, kind: webhook, urlSecret: s, headers: {X-A: "a\\r\\nX-B: b"}}]',
        "1:71: notifications[0].headers.X-A: holds a line break or control character (write it on one line)",
    ),
    (
        "notifications: [{name: a, kind: webhook, urlSecret: ../admin}]",
        "1:53: notifications[0].urlSecret: needs a secret's name: letters, digits, '_', '-' and single dots, "
        'not the text "../admin"',
    ),
]


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_wrong_file_is_told_with_its_place(text: str, expected: str) -> None:
    assert expected in complaint(text)
    assert read(text).config is None


WARNED = [
    ("tenants: [main, other]", "an installation has one tenant in this release"),
    ("roles: [{name: a, tenant: other}]", "so that the role grants nothing"),
    ("roles: [{name: Organization Admin}]", "is a system role, which configuration cannot change"),
]


@pytest.mark.feature("F142")
@pytest.mark.parametrize(("text", "expected"), WARNED)
def test_what_cannot_be_done_is_a_warning(text: str, expected: str) -> None:
    assert expected in complaint(text)
    assert read(text).config is not None


def test_the_manuals_example_reads_well() -> None:
    page = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text()
    example = page.split("```yaml\n")[1].split("```")[0]
    assert read(example).problems == ()


def test_huge_document_is_refused() -> None:
    text = "roles:\n" + "".join(f"- {{name: {'x' * 120}{number}}}\n" for number in range(600))
    assert read(text).config is None


@given(st.text() | st.recursive(st.none() | st.booleans() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["roles", "name", "notifications", "metricProviders", "url", "events", "headers", "grants"]), x)).map(lambda value: msgspec.json.encode(value).decode()))  # fmt: skip # noqa: E501
def test_no_text_makes_reading_fail(text: str) -> None:
    parsed = read(text)
    assert parsed.config is not None or parsed.problems
