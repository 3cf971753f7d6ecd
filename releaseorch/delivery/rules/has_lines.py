"""A request says what is to be deployed or done."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from releaseorch.delivery.request_facts import Facts, Subject
from releaseorch.delivery.verdicts import BLOCKED, Check
from releaseorch.policies.rules import Demand


def verdicts(subject: Subject, _facts: Facts, _demand: Demand | None) -> Iterable[Check]:
    if not subject.items:
        yield Check(
            BLOCKED,
            _("Nothing is to be deployed or done yet."),
            _("Add a component with a version, or a manual step."),
        )
