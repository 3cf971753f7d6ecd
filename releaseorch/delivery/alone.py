"""Whether a request could go alone, or with which other applications it waits."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from releaseorch.catalog.models import Application
from releaseorch.delivery.request_facts import Facts, Subject
from releaseorch.features.models import Feature


@dataclass(frozen=True)
class Alone:
    """Whether a subject could go alone, or which other applications each feature waits with."""

    waits_with: tuple[tuple[Feature, tuple[Application, ...]], ...] = ()

    @property
    def could(self) -> bool:
        return not self.waits_with

    @property
    def sentence(self) -> str:
        if self.could:
            return _("Could go alone: no other application's change is needed.")
        names = sorted({str(application) for _feature, others in self.waits_with for application in others})
        return _("Waits with %(applications)s, because they share a feature.") % {
            "applications": ", ".join(names)
        }


def alone(subject: Subject, facts: Facts) -> Alone:
    """By the features that its versions hold, or by those it names while they hold none."""
    features = facts.delivered(subject) or facts.wanted(subject)
    shared = [(feature, tuple(facts.elsewhere(feature, subject))) for feature in features]
    return Alone(tuple((feature, others) for feature, others in shared if others))
