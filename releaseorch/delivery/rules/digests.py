"""Each version has a digest; asked only where a policy demands it."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from releaseorch.delivery.request_facts import Facts, Subject
from releaseorch.delivery.verdicts import PASSED, WARN, Check
from releaseorch.policies.rules import Demand


def verdicts(subject: Subject, _facts: Facts, demand: Demand | None) -> Iterable[Check]:
    if demand is None or not subject.versions:
        return
    without = [item for item in subject.items if item.version is not None and not item.version.digest]
    for item in without:
        yield Check(
            WARN,
            _("Nobody knows the digest of %(component)s %(version)s.")
            % {"component": item.component, "version": item.version.text if item.version else ""},
            _("Whoever builds it registers the version with the digest of its artifact."),
        )
    if not without:
        yield Check(PASSED, _("Each version has a digest."))
