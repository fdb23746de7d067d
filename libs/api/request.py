"""What clients send."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from libs.spec.given import Given

Prose = Annotated[str, Meta(max_length=1000)]
"""What a person says about a decision; it travels in orders and facts, which are limited too."""


class StartRequest(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Deploy what this file says. Kept as it came: the planner reads the same document."""

    config: str
    """The deployment file's text, YAML or JSON."""
    files: dict[str, tuple[str, ...]] = {}
    """The manifests' texts by the path that names them in the file."""
    application: str = ""
    """Wins over the file's own."""
    account: str = ""
    """Wins over that of every target."""
    context: dict[str, str] = {}
    """Wins, key by key, over the file's own."""
    targets: tuple[str, ...] = ()
    """Only these; empty: all."""
    source_control: dict[str, Any] = {}
    """Which change led to this, as the source-control system names it; kept and shown, never interpreted."""

    @property
    def given(self) -> Given:
        return Given(self.application, self.account)


class Again(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Deploy once more what was deployed before: the stored file and manifests, and what changes this time."""

    targets: tuple[str, ...] | None = None
    """Only these; left out: those of that time."""
    account: str = ""
    """Wins over that of every target, and over the one given at that time."""
    context: dict[str, str] = {}
    """Wins, key by key, over that of that time."""
    source_control: dict[str, Any] = {}
    """Left out: that of that time."""


class Decision(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A person's order to a deployment under way. What is left out is found where only one thing can be meant."""

    target: str = ""
    stage: str = ""
    """`before`, `after` or `strategy`."""
    step: int | None = None
    gate: int | None = None
    """Which of a step that holds several."""
    reason: Prose = ""


class Callback(Struct, frozen=True, rename="camel"):
    """What a called webhook says when it is done, under the original's own names."""

    success: bool
    md_message: Annotated[str, Meta(max_length=4000)] | None = None
    """Markdown, for people."""


class NewAgent(Struct, frozen=True, rename="camel"):
    """Register an agent under the name that targets call their account."""

    name: str
