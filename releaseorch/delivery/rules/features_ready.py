"""Each feature in the versions is ready in the application; asked only where a policy demands it."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from releaseorch.delivery.request_facts import Facts, Subject
from releaseorch.delivery.verdicts import PASSED, WARN, Check
from releaseorch.features.states import FeatureStatus
from releaseorch.policies.rules import Demand

DONE = frozenset({FeatureStatus.READY, FeatureStatus.DROPPED})


def verdicts(subject: Subject, facts: Facts, demand: Demand | None) -> Iterable[Check]:
    held = facts.delivered(subject)
    if demand is None or not held:
        return
    parts = [(feature, facts.part(feature, subject.application)) for feature in held]
    unready = [(feature, part) for feature, part in parts if part is not None and part.status not in DONE]
    for feature, part in unready:
        yield Check(
            WARN,
            _("%(feature)s is %(status)s in %(application)s, not ready.")
            % {"feature": feature.key, "status": part.status.label, "application": part.application},
            _("Its tester says when it is, or take versions without it."),
        )
    if not unready:
        yield Check(PASSED, _("Each feature in these versions is ready."))
