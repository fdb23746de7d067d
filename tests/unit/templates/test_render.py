import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.templates.render import MOST_CHARACTERS, TooLong, UnknownName, names, render

VALUES = {
    "context.owner": "me",
    "armory.preview.sample-app-svc": "https://p.test",
    "secrets.ci-token": "{{context.owner}}",
}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("", ""),
        ("no tag { } {{ }", "no tag { } {{ }"),
        ("by {{context.owner}}!", "by me!"),
        ("{{ context.owner\t}}{{context.owner}}", "meme"),
        ("{{armory.preview.sample-app-svc}}", "https://p.test"),
        ('{"a":{{context.owner}}}', '{"a":me}'),
        ("{{secrets.ci-token}}", "{{context.owner}}"),
    ],
)
def test_names_are_replaced_once(template: str, expected: str) -> None:
    assert render(template, VALUES) == expected


@pytest.mark.parametrize(
    ("template", "place"),
    [
        ("{{context.other}}", "line 1, column 1"),
        ("a\nb {{owner}}", "line 2, column 3"),
        ("{{context.owner}}\n\n{{#if}}", "line 3, column 1"),
        ("{{}}", "line 1, column 1"),
        ("{{ ''.__class__ }}", "line 1, column 1"),
        ("{{context.\nowner}}", "line 1, column 1"),
    ],
)
def test_unknown_names_stop_the_rendering(template: str, place: str) -> None:
    with pytest.raises(UnknownName) as caught:
        render(template, VALUES)
    assert str(caught.value).startswith(f"{place}: {{{{")


def test_names_carry_their_places() -> None:
    found = names("{{context.a}} x\n {{ secrets.b-c }}{{#each}}")
    assert [(one.text, one.line, one.column, one.is_valid) for one in found] == [
        ("context.a", 1, 1, True),
        ("secrets.b-c", 2, 2, True),
        ("#each", 2, 19, False),
    ]


@settings(deadline=None)
@given(st.text(alphabet="{}ab. \n#", max_size=60))
def test_any_template_renders_with_all_its_names(template: str) -> None:
    found = {one.text: f"<{number}>" for number, one in enumerate(names(template))}
    rendered = render(template, found)
    assert all(value in rendered for value in found.values())


def test_long_results_are_refused() -> None:
    with pytest.raises(TooLong):
        render("{{context.v}}" * 100, {"context.v": "x" * (MOST_CHARACTERS // 50)})
