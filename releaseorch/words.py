"""Gettext for the layers that don't know Django: sentences come out as they are until a translator is put in.

A sentence is translated when it is made, as everywhere in the house: it is stored (in plans, at the end of attempts),
sometimes signed, and read by everybody. So an installation speaks one language, the only one in its LANGUAGES.
What stands in a table of a module is made before there is a translator: it is marked by `gettext_noop`, and `_` says it
where it is used.
"""

from gettext import NullTranslations
from typing import Protocol


class Translator(Protocol):
    """What `django.utils.translation` offers of the GNU gettext interface."""

    def gettext(self, message: str, /) -> str: ...

    def ngettext(self, singular: str, plural: str, number: int, /) -> str: ...


_translator: Translator = NullTranslations()


def speak_through(translator: Translator) -> None:
    """Let this translator say everything from now on, for the whole process; the composition root calls it once."""
    global _translator
    _translator = translator


def gettext(message: str) -> str:
    """Say it in the language of now; import it as `_`."""
    return _translator.gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Say the one of the two that fits the number; other languages may have more forms."""
    return _translator.ngettext(singular, plural, number)


def gettext_noop(message: str) -> str:
    """Mark it for the catalogue, and leave it as it is."""
    return message
