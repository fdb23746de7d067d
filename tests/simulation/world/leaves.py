"""Groups of errors, taken apart."""


def leaves(error: BaseException) -> list[BaseException]:
    """What lies at the bottom."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in leaves(inner)]
    return [error]
