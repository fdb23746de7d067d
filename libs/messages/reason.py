"""How a reason is put in words: what happened, and why where somebody said."""


def because(what: str, why: str) -> str:
    return f"{what}: {why}" if why else what
