import math
from collections.abc import Callable

import pytest

from libs.spec.tree.nodes import Scalar
from libs.spec.tree.scalars import Value, kubectl_value, strict_value

Reading = Callable[[Scalar], Value]

STRICT: dict[str, Value] = {
    "": None,
    "~": None,
    "Null": None,
    "true": True,
    "False": False,
    "tRue": "tRue",
    "NO": "NO",
    "on": "on",
    "y": "y",
    "012": "012",
    "0o17": "0o17",
    "0x1F": "0x1F",
    "1_000": "1_000",
    "12:30:45": "12:30:45",
    "2024-01-01": "2024-01-01",
    "+5": "+5",
    "-0": 0,
    "25": 25,
    "1.10": 1.1,
    "1e3": 1000.0,
    ".5": ".5",
}

# What `kubectl label --local -f … -o json` prints for each word.
KUBECTL: dict[str, Value] = {
    "": None,
    "~": None,
    "null": None,
    "yes": True,
    "No": False,
    "on": True,
    "OFF": False,
    "y": True,
    "N": False,
    "true": True,
    "tRue": "tRue",
    "012": 10,
    "-012": -10,
    "08": 8,
    "0o17": 15,
    "-0o17": -15,
    "0o8": "0o8",
    "0O7": 7,
    "0x1F": 31,
    "0x_1F": 31,
    "0X1f": 31,
    "0x": "0x",
    "0b11": 3,
    "-0b11": -3,
    "0b2": "0b2",
    "1_000": 1000,
    "1__0": 10,
    "_1": "_1",
    "_.5": "_.5",
    "+5": 5,
    "-0": 0,
    "12:30:45": "12:30:45",
    "1:20": "1:20",
    "2024-01-01": "2024-01-01",
    "2024-01-01T00:00:00Z": "2024-01-01T00:00:00Z",
    "1.10": 1.1,
    "3.0": 3,
    "1e3": 1000,
    "1E5": 100000,
    "12e03": 12000,
    "1.e+3": 1000,
    ".5": 0.5,
    "5.": 5,
    "-.5": -0.5,
    "+.5": 0.5,
    "1.5_0": 1.5,
    "0.1_5e+3": 150,
    "1__0.0": 10,
    ".e1": ".e1",
    "1e400": "1e400",
    "1e22": 1e22,
    "9223372036854775807": 9223372036854775807,
    "9223372036854775808": 9223372036854775808.0,
    "-9223372036854775809": -9223372036854775808,
    "=": "=",
    "<<": "<<",
    "-": "-",
}


def same(left: Value, right: Value) -> bool:
    """Equal and of one type: true is not 1."""
    return left == right and type(left) is type(right)


@pytest.mark.parametrize(("word", "value"), STRICT.items())
def test_deployment_file_takes_words_strictly(word: str, value: Value) -> None:
    assert same(strict_value(Scalar(1, 1, word)), value)


@pytest.mark.parametrize(("word", "value"), KUBECTL.items())
def test_manifest_reads_as_kubectl_reads(word: str, value: Value) -> None:
    assert kubectl_value(Scalar(1, 1, word)) == value


@pytest.mark.parametrize("value_of", [strict_value, kubectl_value])
@pytest.mark.parametrize("word", ["true", "12", "~", ""])
def test_quoted_words_stay_text(value_of: Reading, word: str) -> None:
    assert value_of(Scalar(1, 1, word, is_plain=False)) == word


@pytest.mark.parametrize("value_of", [strict_value, kubectl_value])
@pytest.mark.parametrize("word", [".nan", ".NaN", ".inf", "-.Inf"])
def test_special_numbers_are_recognised(value_of: Reading, word: str) -> None:
    value = value_of(Scalar(1, 1, word))
    assert isinstance(value, float)
    assert not math.isfinite(value)


@pytest.mark.parametrize("value_of", [strict_value, kubectl_value])
def test_endless_digits_do_no_harm(value_of: Reading) -> None:
    assert value_of(Scalar(1, 1, "9" * 5000)) is not None
