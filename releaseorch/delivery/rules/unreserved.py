"""Nobody keeps the place; the start of a run refuses it in any case."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from releaseorch.delivery.request_facts import Facts, Subject
from releaseorch.delivery.verdicts import PASSED, WARN, Check
from releaseorch.environments import ahead
from releaseorch.policies.rules import Demand


def verdicts(subject: Subject, facts: Facts, _demand: Demand | None) -> Iterable[Check]:
    kept = [
        one for one in facts.reservations[subject.environment.pk]
        if one.application_id in (None, subject.application.pk)
    ]  # fmt: skip
    for reservation in kept:
        yield Check(WARN, ahead.kept_sentence(reservation), _("Ask them, or wait until then."))
    if not kept:
        yield Check(PASSED, _("%(environment)s is not reserved.") % {"environment": subject.environment})
