"""Which part of a reason is still new: it is told in full where it happened, and not again by what follows. Pure."""

NOBODY = ""
"""For what concerns the whole deployment."""


class Reasons:
    """What was told so far, by target."""

    def __init__(self) -> None:
        self._told: dict[str, list[str]] = {}

    def tell(self, target: str, reason: str) -> None:
        if reason:
            self._told.setdefault(target, []).append(reason)

    def rest(self, target: str, reason: str) -> str:
        """A reason without the cause that it ends with, where that was told of the target or of all."""
        told = sorted((*self._told.get(target, ()), *self._told.get(NOBODY, ())), key=len, reverse=True)
        if reason in told:
            return ""
        return next((reason.removesuffix(f": {one}") for one in told if reason.endswith(f": {one}")), reason)

    def rest_of_all(self, reason: str) -> str:
        """A deployment's reason, which lists `<target>: <reason>` where it has none of its own."""
        rest = self.rest(NOBODY, reason)
        told = ((target, one) for target, ones in self._told.items() if target for one in ones)
        for target, one in sorted(told, key=lambda pair: len(pair[1]), reverse=True):
            rest = rest.replace(f"{target}: {one}", "")
        return rest.strip("; ")
