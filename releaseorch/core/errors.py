"""What a service may raise; only the two doors turn these into HTTP answers."""

from collections.abc import Iterable, Mapping


class DomainError(Exception):
    """The base of what a person can be told; `reasons` are full sentences."""

    @property
    def reasons(self) -> list[str]:
        return [str(self)]


class NotAllowed(DomainError):
    """This person may not do this, or not now; each reason says why and who may or what would help."""

    def __init__(self, *reasons: str) -> None:
        self._reasons = list(reasons)
        super().__init__(" ".join(reasons))

    @property
    def reasons(self) -> list[str]:
        return self._reasons


class Conflict(DomainError):
    """Somebody else was first: the object isn't any more as this person saw it."""


class Invalid(DomainError):
    """What was typed can't be taken; `fields` maps a field (or "" for the whole) to its sentences."""

    def __init__(self, fields: Mapping[str, str | Iterable[str]]) -> None:
        self.fields = {
            name: [said] if isinstance(said, str) else [str(one) for one in said]
            for name, said in fields.items()
        }
        super().__init__(" ".join(self.reasons))

    @property
    def reasons(self) -> list[str]:
        return [sentence for said in self.fields.values() for sentence in said]
