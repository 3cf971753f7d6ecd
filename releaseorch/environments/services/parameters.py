"""Parameters of environments and targets: names and texts that feed `${name}` in procedures."""

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _

from releaseorch.core.checked import text_of
from releaseorch.core.errors import Invalid

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
MOST = 200
LONGEST = 2000


def checked(given: Mapping[str, str]) -> dict[str, str]:
    """As they are kept, by name; raises `Invalid` for names that no `${name}` can say."""
    if len(given) > MOST:
        raise Invalid({"parameters": _("There are at most %(most)d parameters.") % {"most": MOST}})
    for name in given:
        if not NAME.fullmatch(name):
            raise Invalid(
                {"parameters": _("“%(name)s” is no name for a parameter: letters, digits, dots, hyphens and "
                                 "underscores, beginning with a letter.") % {"name": name[:100]}}
            )  # fmt: skip
    return {name: text_of(value, "parameters", limit=LONGEST) for name, value in sorted(given.items())}
