"""A language that is English in ⟦brackets⟧: what was said past gettext stands outside of them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from django.utils import translation
from django.utils.translation import trans_real


class Brackets(trans_real.DjangoTranslation):
    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, singular: str, plural: str, number: float) -> str:
        return f"⟦{singular if number == 1 else plural}⟧"


@contextmanager
def spoken_in_brackets() -> Iterator[None]:
    """The language of the installation is this one, for all threads."""
    spoken = Brackets("en")
    with (
        translation.override("en"),  # outermost: at its end it takes the ordinary English again
        patch.dict(trans_real._translations, en=spoken),
        patch.object(trans_real, "_default", spoken),
    ):
        translation.activate("en")
        yield


def past_gettext(text: str) -> str:
    """What is left when everything in brackets is taken away."""
    while text != (rest := re.sub("⟦[^⟦⟧]*⟧", "", text)):
        text = rest
    return text
