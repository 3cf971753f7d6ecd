"""Where a piece of mail, or a call to another system, can be; who is called, one after the other."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Sending(models.TextChoices):
    NONE = "none", _("not to be sent")
    WAITING = "waiting", _("waits to be sent")
    SENT = "sent", _("sent")
    GIVEN_UP = "given_up", _("could not be sent")


class Level(models.TextChoices):
    """The way up of a decision that nobody takes."""

    TAKER = "taker", _("who had the step")
    TEAM = "team", _("the team")
    ON_CALL = "on_call", _("on call")
    RELEASE_MANAGER = "release_manager", _("release managers")
