"""The versions hold no feature that the release doesn't expect; asked only where a policy demands it."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from releaseorch.delivery.request_facts import Facts, Subject
from releaseorch.delivery.verdicts import PASSED, WARN, Check
from releaseorch.policies.rules import Demand


def verdicts(subject: Subject, facts: Facts, demand: Demand | None) -> Iterable[Check]:
    if demand is None or subject.release is None or not subject.versions:
        return
    wanted = {feature.pk for feature in facts.wanted(subject)}
    beside = [feature for feature in facts.delivered(subject) if feature.pk not in wanted]
    for feature in beside:
        yield Check(
            WARN,
            _("%(feature)s is in these versions, and %(release)s doesn't expect it of %(application)s.")
            % {"feature": feature.key, "release": subject.release, "application": subject.application},
            _("Add it to the release, or take versions without it."),
        )
    if not beside:
        yield Check(
            PASSED,
            _("These versions hold nothing that %(release)s doesn't expect.") % {"release": subject.release},
        )
