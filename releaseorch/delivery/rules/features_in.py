"""The versions hold every feature that is expected."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from releaseorch.delivery.request_facts import Facts, Subject
from releaseorch.delivery.verdicts import PASSED, WARN, Check
from releaseorch.policies.rules import Demand


def verdicts(subject: Subject, facts: Facts, _demand: Demand | None) -> Iterable[Check]:
    wanted = facts.wanted(subject)
    held = {feature.pk for feature in facts.delivered(subject)}
    absent = [feature for feature in wanted if feature.pk not in held]
    is_absent = _("%(feature)s is expected, and no version here holds it.")
    helps = _("It stays open until a version with it is filed, or somebody moves it.")
    for feature in absent:
        yield Check(WARN, is_absent % {"feature": feature.key}, helps)
    if wanted and not absent:
        yield Check(PASSED, _("All expected features are in these versions."))
