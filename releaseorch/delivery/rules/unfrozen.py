"""No freeze is near; the start of a run refuses inside one in any case."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from releaseorch.delivery.request_facts import Facts, Subject
from releaseorch.delivery.verdicts import PASSED, WARN, Check
from releaseorch.environments import ahead
from releaseorch.policies.rules import Demand


def verdicts(subject: Subject, facts: Facts, _demand: Demand | None) -> Iterable[Check]:
    frozen = [
        one for one in facts.freezes if ahead.concerns(one, subject.environment.pk, {subject.application.pk})
    ]
    for freeze in frozen:
        yield Check(WARN, ahead.frozen_sentence(freeze), _("Plan it before or after the freeze."))
    if not frozen:
        yield Check(PASSED, _("No freeze of %(environment)s is near.") % {"environment": subject.environment})
