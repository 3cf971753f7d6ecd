"""What people type: normalised and inert, or refused with a sentence."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Marks that make a text look like another one: direction overrides and isolates, zero-width characters, BOM.
HIDDEN = frozenset(
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
# Beside all format characters (Cf): what no eye sees although it counts as a letter or a mark.
UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
)


def normalised(value: str) -> str:
    return unicodedata.normalize("NFC", value).strip()


def folded(value: str) -> str:
    """What is left of a name for the eye: capitals, widths, spaces and what can't be seen make no difference."""
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())
    seen = (one for one in once if unicodedata.category(one) != "Cf" and one not in UNSEEN)
    return " ".join("".join(seen).split())


def _refuse(code: str, sentence: str) -> None:
    raise ValidationError(sentence, code=code)


def plain_text(value: str) -> None:
    """Several lines: line breaks and tabs are fine, other control characters and lone surrogates are not."""
    for character in value:
        category = unicodedata.category(character)
        if category == "Cs" or (category == "Cc" and character not in "\t\n\r"):
            _refuse(
                "control",
                _("This text holds a control character (%(code)s). Take it out and try again.")
                % {"code": f"U+{ord(character):04X}"},
            )


def plain_line(value: str) -> None:
    """One line, such as a name: no control characters, line breaks or hidden marks, not only spaces."""
    if value and not folded(value):
        _refuse("blank", _("This holds nothing that can be seen."))
    for character in value:
        if character in HIDDEN or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
            _refuse(
                "hidden",
                _("This holds an invisible character (%(code)s). Take it out and try again.")
                % {"code": f"U+{ord(character):04X}"},
            )


def web_address(value: str) -> None:
    """A link that a page may show: http or https, nothing that runs."""
    if not value.lower().startswith(("http://", "https://")):
        _refuse("scheme", _("A link starts with http:// or https://."))
    plain_line(value)
