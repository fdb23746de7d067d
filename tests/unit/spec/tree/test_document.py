import pytest

from libs.spec.problems import Origin
from libs.spec.tree.document import Limits, read
from libs.spec.tree.nodes import Mapping, Scalar, Sequence

LIMITS = Limits(bytes=2**20, nodes=1000, scalar=10_000, documents=2)


def code(content: str | bytes) -> str:
    """`line:column code` of the one problem that stopped the reading."""
    (problem,) = read(content, LIMITS).problems
    return f"{problem.line}:{problem.column} {problem.code}"


def chain(levels: int, opening: str, closing: str) -> str:
    """Each level names the one before nine times: 9 ** levels values when written out."""
    lines = ["a0: &a0 {x: 1}"]
    for level in range(1, levels + 1):
        lines.append(f"a{level}: &a{level} {opening}{', '.join([f'*a{level - 1}'] * 9)}{closing}")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a: \xff", "1:4 not_utf8"),
        ("a: b".encode("utf-16"), "1:1 not_utf8"),
        (b"a: \xc0\x80", "1:4 not_utf8"),
        ("a: b\0", "1:5 control_character"),
        ("a: 1\nb: \x7f", "2:4 control_character"),
        ("a: \ud800", "1:4 control_character"),
        ('a: "\\ud800"', "1:7 syntax"),
        ("a:\n\tb: 1", "2:1 syntax"),
        ("a: [1", "2:1 syntax"),
        ('a: "x', "1:6 syntax"),
        ("a: b: c", "1:5 syntax"),
        ("a: @b", "1:4 syntax"),
        ("inline: |\ntext\n", "2:1 syntax"),
        ("- a\nb: c", "2:1 syntax"),
        ("a: *x", "1:4 unknown_alias"),
        ("a: &a [*a]", "1:8 alias_cycle"),
        ("a: &a {<<: *a}", "1:12 alias_cycle"),
        ("a: !!python/object:os.system x", "1:4 tag"),
        ("a: !own x", "1:4 tag"),
        ("a: !!int 3", "1:4 tag"),
        ("%YAML 1.1\n---\na: 1", "1:1 directive"),
        ("%TAG ! tag:evil,\n---\na: 1", "1:1 directive"),
        ("a\n---\nb\n---\nc", "4:1 too_many_documents"),
        ("a" * (2**20 + 1), "0:0 too_large"),
        ("a: " + "x" * 10_001, "1:4 too_long"),
        ("a: |\n  " + "x" * 10_001, "1:4 too_long"),
        ("[" * 50_000, "1:65 too_deep"),
        ("{" * 50_000, "1:65 too_deep"),
        ("- " * 50_000, "1:129 too_deep"),
        ("? " * 50_000, "1:129 too_deep"),
        ("a: &a " + "[" * 40 + "]" * 40 + "\nb: " + "[" * 40 + "*a" + "]" * 40, "2:44 too_deep"),
        ("[" + "a," * 1000 + "]", "1:2000 too_many_nodes"),
        ("a: &a 1\nb: [" + "*a," * 101 + "]", "2:305 too_many_aliases"),
    ],
)
def test_unreadable_text_is_one_problem(content: str | bytes, expected: str) -> None:
    assert code(content) == expected


@pytest.mark.parametrize("brackets", [("[", "]"), ("{<<: [", "]}")])
def test_bombs_stop_at_the_count(brackets: tuple[str, str]) -> None:
    assert code(chain(8, *brackets)).endswith("too_many_nodes")


@pytest.mark.parametrize("brackets", [("[", "]"), ("{<<: [", "]}")])
def test_what_is_read_is_counted_written_out(brackets: tuple[str, str]) -> None:
    assert 9**2 < read(chain(2, *brackets), LIMITS).size <= LIMITS.nodes


def test_long_texts_count_as_several() -> None:
    assert read("a: &a " + "x" * 6400 + "\nb: [*a, *a]", LIMITS).size > 300


def test_sixty_four_levels_are_read() -> None:
    assert read("[" * 64 + "]" * 64, LIMITS).problems == ()


def test_nodes_carry_their_places() -> None:
    (document,) = read("a:\n  - 1\n  - 'é': |\n      x\n", LIMITS).documents
    inner = Mapping(3, 5, ((Scalar(3, 5, "é", is_plain=False), Scalar(3, 10, "x\n", is_plain=False, is_literal=True)),))
    items = Sequence(2, 3, (Scalar(2, 5, "1"), inner))
    assert document == Mapping(1, 1, ((Scalar(1, 1, "a"), items),))


def test_text_within_a_file_is_placed_in_it() -> None:
    (problem,) = read("a: 1\nb: *x", LIMITS, Origin("", 10, 5, "manifests[0].inline")).problems
    assert (problem.line, problem.column, problem.path) == (11, 8, "manifests[0].inline")


def test_byte_order_mark_is_passed_over() -> None:
    assert read(b"\xef\xbb\xbfa: 1", LIMITS).documents[0].column == 1
