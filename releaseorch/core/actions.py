"""What a person may do with an object, or why not: queries answer it, pages and the API draw it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One input of a verb's form besides its reason; choices are pairs of value and label."""

    name: str
    label: str = ""
    value: str = ""
    kind: str = "hidden"  # hidden, text, password, textarea, number, select, checkbox, file, datetime-local
    required: bool = False
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Action:
    """One verb on one object for one person.

    `why_not` is a full sentence whenever `allowed` is false. `consequence` says what the verb causes.
    `version` is the version of the object the button was drawn from; the service compares it.
    """

    verb: str
    label: str
    url: str
    allowed: bool
    why_not: str = ""
    primary: bool = False
    needs_reason: bool = False
    fields: tuple[Field, ...] = ()
    consequence: str = ""
    version: int | None = None
    reason_label: str = ""

    def __post_init__(self) -> None:
        if not self.allowed and not self.why_not:
            raise ValueError(f"{self.verb} is refused without a reason.")

    @property
    def asks(self) -> bool:
        """Whether the person fills in something before the verb goes off."""
        return self.needs_reason or any(field.kind != "hidden" for field in self.fields)
