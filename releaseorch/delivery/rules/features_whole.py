"""Applications that share a feature go together."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from releaseorch.delivery.alone import alone
from releaseorch.delivery.request_facts import Facts, Subject
from releaseorch.delivery.verdicts import PASSED, WARN, Check
from releaseorch.policies.rules import Demand


def verdicts(subject: Subject, facts: Facts, _demand: Demand | None) -> Iterable[Check]:
    """Filed is enough as long as the request is in no run; in a run the others are in the same one."""
    is_filed = _("%(feature)s also needs %(application)s: it is in request #%(id)d.")
    is_not = _("%(feature)s also needs %(application)s, which has filed nothing for %(environment)s.")
    helps = _("Ask the people of %(application)s, or go without the feature.")
    is_along = _("%(feature)s also needs %(application)s, which is in the same run.")
    is_elsewhere = _("%(feature)s also needs %(application)s, which isn't in this run.")
    take_along = _("Take the request of %(application)s into the run too, or go without the feature.")
    for feature, others in alone(subject, facts).waits_with:
        for application in others:
            filed = facts.filed.get((subject.environment.pk, application.pk))
            said = {"feature": feature.key, "application": application, "environment": subject.environment}
            if subject.run_id is not None and application.pk in facts.together[subject.run_id].values():
                yield Check(PASSED, is_along % said)
            elif subject.run_id is not None:
                yield Check(WARN, is_elsewhere % said, take_along % said)
            elif filed:
                yield Check(PASSED, is_filed % {**said, "id": filed})
            else:
                yield Check(WARN, is_not % said, helps % said)
