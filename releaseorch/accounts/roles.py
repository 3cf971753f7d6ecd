"""The roles people can be granted, and what each word means on a page."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    DEVELOPER = "developer", _("Developer")
    RELEASE_MANAGER = "release_manager", _("Release manager")
    OPERATOR = "operator", _("Operator")
    QA_LEAD = "qa_lead", _("QA lead")
    BUSINESS_OWNER = "business_owner", _("Business owner")
    SECURITY = "security", _("Security")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


class ScopeKind(models.TextChoices):
    """How far a grant reaches; the id is a soft reference, since accounts know no application."""

    EVERYWHERE = "everywhere", _("everywhere")
    TEAM = "team", _("one team")
    APPLICATION = "application", _("one application")
    ENVIRONMENT = "environment", _("one environment")
