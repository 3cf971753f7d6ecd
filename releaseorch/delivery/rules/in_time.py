"""A request was filed before the cut-off, or let in."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from releaseorch.delivery import lateness
from releaseorch.delivery.request_facts import Facts, Subject
from releaseorch.delivery.verdicts import BLOCKED, WARN, Check
from releaseorch.policies.rules import Demand


def verdicts(subject: Subject, _facts: Facts, _demand: Demand | None) -> Iterable[Check]:
    if subject.late_since is None:
        return
    tone = WARN if subject.is_let_in else BLOCKED
    help_ = (
        _("A release manager let it in.") if subject.is_let_in else _("A release manager lets it in first.")
    )
    yield Check(tone, lateness.sentence(subject.late_since), help_)
