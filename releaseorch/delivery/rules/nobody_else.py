"""Nobody else deploys the same components."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from releaseorch.delivery.request_facts import Facts, Subject
from releaseorch.delivery.verdicts import PASSED, WARN, Check
from releaseorch.policies.rules import Demand


def verdicts(subject: Subject, facts: Facts, _demand: Demand | None) -> Iterable[Check]:
    clash = False
    sentence = _("Request #%(id)d deploys %(component)s too, at %(version)s.")
    help_ = _("In one run only one version of a component can be.")
    for item in subject.items:
        if item.component is None:
            continue
        for other in facts.deploying[(subject.environment.pk, item.component.pk)]:
            if other.request_id == subject.request_id:
                continue
            clash = True
            version = _("nothing") if other.version is None else other.version
            said = {"id": other.request_id, "component": item.component, "version": version}
            yield Check(WARN, sentence % said, help_)
    if subject.components and not clash:
        yield Check(PASSED, _("Nobody else deploys these components."))
