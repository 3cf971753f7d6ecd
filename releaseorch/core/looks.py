"""How a state looks on a page: word, tone and shape, registered beside the states themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TONES = frozenset(
    {
        "succeeded",
        "approved",
        "ready",
        "passed",
        "running",
        "person",
        "warn",
        "back",
        "decide",
        "changed",
        "failed",
        "errored",
        "blocked",
        "unknown",
        "skipped",
        "not-needed",
        "cancelled",
        "pending",
        "scheduled",
        "draft",
    }
)
# The shape of a tone that has no symbol of its own name.
_SHAPES = {"approved": "succeeded", "ready": "succeeded", "passed": "succeeded", "changed": "decide"}


@dataclass(frozen=True)
class Look:
    """A word for people, a tone (colour) and an icon (shape); the icon follows the tone unless said."""

    word: "StrOrPromise"
    tone: str
    icon: str = ""

    def __post_init__(self) -> None:
        if self.tone not in TONES:
            raise ValueError(f"There is no tone {self.tone!r}; the tones are {', '.join(sorted(TONES))}.")
        if not self.icon:
            object.__setattr__(self, "icon", _SHAPES.get(self.tone, self.tone))


_by_class: dict[type[Enum], dict[str, Look]] = {}
_by_values: dict[frozenset[str], dict[str, Look]] = {}


def register(choices: type[Enum], looks: Mapping[Any, Look]) -> None:
    """Say once, under the choices in states.py, how each of them looks; a choice left out is an error."""
    found = {str(_plain(value)): look for value, look in looks.items()}
    values = frozenset(str(member.value) for member in choices)
    if set(found) != values:
        raise ValueError(f"Each member of {choices.__name__} needs one look: {sorted(values ^ set(found))}.")
    _by_class[choices] = found
    _by_values[values] = found


def look(value: Any, field: str = "state") -> Look:
    """The look of a member of registered choices, or of an object by its field of that name.

    A bare string, as read from a column, is accepted while all registered choices that have it agree.
    """
    if isinstance(value, Look):
        return value
    if isinstance(value, Enum):
        return _by_class[type(value)][str(value.value)]
    if isinstance(value, str):
        return _look_of_text(value)
    return _look_of_object(value, field)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _look_of_text(value: str) -> Look:
    found = {looks[value] for looks in _by_class.values() if value in looks}
    if len(found) != 1:
        raise LookupError(
            f"{len(found)} looks are registered for {value!r}; give the object or the member of the choices."
        )
    return found.pop()


def _look_of_object(value: Any, field: str) -> Look:
    model: Any = type(value)
    return _looks_of_field(model, field)[str(_plain(getattr(value, field)))]


@cache  # asked for every row of every list
def _looks_of_field(model: type[Any], field: str) -> Mapping[str, Look]:
    choices = model._meta.get_field(field).flatchoices
    return _by_values[frozenset(str(key) for key, _label in choices)]
