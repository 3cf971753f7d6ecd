"""Who does something, as audit and services see it, without knowing the accounts."""

from typing import Protocol


class Actor(Protocol):
    """A person, a robot, or the system itself."""

    @property
    def pk(self) -> int | None: ...

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...


class System:
    """The product itself: the engine, the housekeeper, an import."""

    pk: int | None = None
    kind = "system"

    def __init__(self, name: str = "Releaseorch") -> None:
        self.name = name


SYSTEM = System()
