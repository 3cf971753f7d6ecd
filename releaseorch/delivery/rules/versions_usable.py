"""No version was blocked."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from releaseorch.delivery.content import blocked_sentence
from releaseorch.delivery.request_facts import Facts, Subject
from releaseorch.delivery.verdicts import BLOCKED, PASSED, Check
from releaseorch.policies.rules import Demand


def verdicts(subject: Subject, _facts: Facts, _demand: Demand | None) -> Iterable[Check]:
    blocked = [item for item in subject.items if item.version is not None and item.version.is_blocked]
    for item in blocked:
        if item.version is not None:
            yield Check(
                BLOCKED, blocked_sentence(str(item.component), item.version), _("Choose another version.")
            )
    if subject.versions and not blocked:
        yield Check(PASSED, _("No version is blocked."))
