import pytest

from libs.spec.problems import MOST_PROBLEMS, Place, Problem, Report, counted, path_of


def test_path_quotes_what_is_no_word() -> None:
    assert path_of("targets", "eu (canary)", "dependsOn", 0) == 'targets["eu (canary)"].dependsOn[0]'


def test_path_crops_and_escapes_names() -> None:
    assert path_of("a\nb" + "x" * 100) == '["a\\nb' + "x" * 57 + '…"]'


def test_file_of_the_problem_comes_first() -> None:
    assert Problem(3, 4, "kind", "is missing", file="k8s/a.yml").text("deploy.yml") == "k8s/a.yml:3:4: kind: is missing"


def test_warning_says_so() -> None:
    assert Problem(3, 4, "kind", "is odd", "why", "warning").text("d.yml") == "d.yml:3:4: kind: warning: is odd (why)"


def test_problems_stand_in_the_order_of_the_file() -> None:
    report = Report()
    report.error(Place(9, 1), "b", "later")
    report.warn(Place(2, 5), "a", "earlier")
    assert [one.message for one in report.problems()] == ["earlier", "later"]


def test_errors_push_warnings_out() -> None:
    report = Report()
    for _ in range(MOST_PROBLEMS):
        report.warn(Place(), "w", "warning")
    report.error(Place(), "e", "error")
    assert [one.message for one in report.problems()] == ["error", f"{MOST_PROBLEMS} more problems"]


def test_suggestions_have_an_end() -> None:
    report = Report()
    assert [report.suggestion("pase", ["pause"]) for _ in range(MOST_PROBLEMS + 1)][-2:] == ["did you mean pause?", ""]


def test_suggestion_lists_what_is_known() -> None:
    assert Report().suggestion("x", ["pause", "setWeight"]) == "known: pause, setWeight"


def test_likeliest_words_come_first_and_more_are_hinted_at() -> None:
    words = ["pause", "strategies", *(f"zz{number}" for number in range(20))]
    hint = Report().suggestion("steps", words)
    assert (hint[:29], hint.count(","), hint[-3:]) == ("known: strategies, pause, zz0", 12, ", …")


@pytest.mark.parametrize(
    ("errors", "warnings", "told"), [(1, 0, "1 error"), (2, 1, "2 errors and 1 warning"), (0, 3, "3 warnings")]
)
def test_warnings_are_counted_apart(errors: int, warnings: int, told: str) -> None:
    report = Report()
    for _ in range(errors):
        report.error(Place(), "e", "error")
    for _ in range(warnings):
        report.warn(Place(), "w", "warning")
    assert counted(report.problems()) == told
