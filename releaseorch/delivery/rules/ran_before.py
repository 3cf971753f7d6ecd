"""Each version ran in the environment before."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from releaseorch.delivery.request_facts import Facts, Subject
from releaseorch.delivery.verdicts import PASSED, WARN, Check
from releaseorch.policies.rules import Demand


def verdicts(subject: Subject, facts: Facts, _demand: Demand | None) -> Iterable[Check]:
    before = facts.before(subject.environment)
    if not before or not subject.versions:
        return
    ranks = {one.rank for one in before}
    names = _(" or ").join(one.name for one in before)
    fresh = [
        item for item in subject.items
        if item.version is not None and not any(ran.environment.rank in ranks for ran in facts.ran[item.version.pk])
    ]  # fmt: skip
    for item in fresh:
        yield Check(
            WARN,
            _("%(component)s %(version)s never ran in %(environment)s.")
            % {
                "component": item.component,
                "version": item.version.text if item.version else "",
                "environment": names,
            },
            _("File it for %(environment)s first, or take a version that ran there.")
            % {"environment": names},
        )
    if not fresh:
        yield Check(PASSED, _("Each version ran in %(environment)s.") % {"environment": names})
