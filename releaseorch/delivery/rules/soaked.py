"""Each version has been in the environment before for so long; asked only where a policy demands it."""

from collections.abc import Iterable
from datetime import timedelta

from django.utils.translation import gettext as _

from releaseorch.core import clock
from releaseorch.delivery.request_facts import Facts, Subject
from releaseorch.delivery.verdicts import PASSED, WARN, Check
from releaseorch.environments import ahead
from releaseorch.policies.rules import Demand


def verdicts(subject: Subject, facts: Facts, demand: Demand | None) -> Iterable[Check]:
    before = facts.before(subject.environment)
    if demand is None or demand.hours is None or not before or not subject.versions:
        return
    ranks, asked = {one.rank for one in before}, timedelta(hours=demand.hours)
    names = _(" or ").join(one.name for one in before)
    is_short = False
    for item in subject.items:
        if item.version is None:
            continue
        there = [ran for ran in facts.ran[item.version.pk] if ran.is_there and ran.environment.rank in ranks]
        since = min((ran.since for ran in there), default=None)
        if since is not None and since + asked <= clock.now():
            continue
        is_short = True
        said = {
            "component": item.component, "version": item.version.text, "environment": names, "hours": demand.hours,
        }  # fmt: skip
        if since is None:
            yield Check(
                WARN,
                _(
                    "%(component)s %(version)s isn't in %(environment)s, where it has to be for %(hours)d hours."
                )
                % said,
                _("Deploy it there first."),
            )
        else:
            yield Check(
                WARN,
                _("%(component)s %(version)s hasn't been in %(environment)s for %(hours)d hours yet.") % said,
                _("It has been there since %(since)s; at %(until)s it is long enough.")
                % {"since": ahead.at_text(since), "until": ahead.at_text(since + asked)},
            )
    if not is_short:
        said = {"environment": names, "hours": demand.hours}
        yield Check(PASSED, _("Each version has been in %(environment)s for %(hours)d hours.") % said)
