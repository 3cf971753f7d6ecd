"""Words of the catalog: levels of autonomy, phases of a procedure, kinds of steps and effect classes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(models.TextChoices):
    """How far an application is on the way out of the train."""

    TRAIN = "train", _("rides the train")
    ALONE_WHEN_WHOLE = "alone_when_whole", _("may go alone when whole")
    DECIDES_ALONE = "decides_alone", _("decides alone")


class Need(models.TextChoices):
    DEPLOY_BEFORE = "deploy-before", _("must be deployed before")
    RUNTIME = "runtime", _("is called at run time")


class Phase(models.TextChoices):
    """The order of work inside one component."""

    PREPARE = "prepare", _("prepare")
    STOP = "stop", _("stop")
    EXPAND = "expand", _("expand")
    DEPLOY = "deploy", _("deploy")
    START = "start", _("start")
    VERIFY = "verify", _("verify")
    CONTRACT = "contract", _("contract")


class StepKind(models.TextChoices):
    AUTOMATED = "automated", _("automated")
    MANUAL = "manual", _("manual")


class EffectClass(models.TextChoices):
    """What a machine may do after an attempt whose outcome nobody knows."""

    DESIRED = "A", _("desired state")
    KEYED = "B", _("keyed")
    GUARDED = "C", _("guarded")
    UNSAFE = "D", _("unsafe")


class Reversible(models.TextChoices):
    YES = "yes", _("reversible")
    PERSON = "person", _("needs a person")
    NO = "no", _("irreversible")


class Downtime(models.TextChoices):
    NONE = "none", _("no effect")
    TAKES_DOWN = "takes_down", _("takes the component down")
    BRINGS_BACK = "brings_back", _("brings the component back")
