"""Where a fact of the inventory comes from; what people say of a feature that they tried."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from releaseorch.core.looks import Look, register


class SourceKind(models.TextChoices):
    RUN = "run", _("a run")
    IMPORT = "import", _("an import")
    HAND = "hand", _("confirmed by hand")


class SignoffVerdict(models.TextChoices):
    ACCEPTED = "accepted", _("good")
    REFUSED = "refused", _("not good")


register(
    SignoffVerdict,
    {
        SignoffVerdict.ACCEPTED: Look(_("Signed off"), "approved"),
        SignoffVerdict.REFUSED: Look(_("Refused"), "blocked"),
    },
)
