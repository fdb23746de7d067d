"""Wrong usage, told in words of ours, with the help that belongs to it. Pure."""

from collections.abc import Sequence

from cyclopts import CoercionError, CycloptsError, MissingArgumentError, UnknownCommandError
from cyclopts.exceptions import UnusedCliTokensError

from cli.exits import Exit, Stop

_NUMBERS: dict[object, str] = {int: "a whole number", float: "a number"}


def check_empty(arguments: Sequence[str]) -> None:
    """A script's variable that is not set gives an empty text: never what is meant by leaving the argument out."""
    for number, one in enumerate(arguments, 1):
        option, equals, value = one.partition("=")
        if not one.strip():
            before = arguments[number - 2] if number > 1 else ""
            # Any other text before it may be a secret.
            raise _empty(f"{before} was given nothing" if before.startswith("-") else f"argument {number} is empty")
        if equals and option.startswith("-") and not value.strip():
            raise _empty(f"{option} was given nothing")


def misused(error: CycloptsError) -> Stop:
    chain = " ".join(("fairlead", *(error.command_chain or ())))
    shows = "lists the commands" if isinstance(error, UnknownCommandError) else "shows what it takes"
    return Stop(Exit.WRONG, _words(error), f"{chain} --help {shows}")


def _empty(what: str) -> Stop:
    return Stop(Exit.WRONG, what, "give it a value, or leave it out; a script's variable that is not set looks so")


def _words(error: CycloptsError) -> str:
    match error:
        case UnknownCommandError(unused_tokens=["help", *_]):
            return 'Unknown command "help". Did you mean "--help"?'
        case UnusedCliTokensError(unused_tokens=[first, *_]):
            return f"{first!r} is one argument too many."
        case MissingArgumentError(keyword=None, tokens_so_far=[], argument=argument) if (
            argument and not argument.tokens
        ):
            name = argument.name if argument.index is None else argument.name.lstrip("-").upper()
            return f"{name} is needed."
        case CoercionError(msg=None, token=token, argument=argument) if token and error.target_type in _NUMBERS:
            name = token.keyword or (argument.name if argument else "the argument")
            return f"{name} takes {_NUMBERS[error.target_type]}, not {token.value!r}."
        case _:
            return str(error)
