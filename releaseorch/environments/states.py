"""Where a fact of the inventory comes from."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SourceKind(models.TextChoices):
    RUN = "run", _("a run")
    IMPORT = "import", _("an import")
    HAND = "hand", _("confirmed by hand")
