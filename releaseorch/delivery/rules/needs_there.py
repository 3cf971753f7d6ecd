"""What the components need is there, or comes along."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from releaseorch.delivery.request_facts import Facts, Subject
from releaseorch.delivery.verdicts import PASSED, WARN, Check
from releaseorch.policies.rules import Demand


def verdicts(subject: Subject, facts: Facts, _demand: Demand | None) -> Iterable[Check]:
    """As long as the request is in no run, another one that brings it is enough; in a run it is in the same one."""
    own = {component.pk for component in subject.components}
    along = facts.together[subject.run_id] if subject.run_id is not None else {}
    absent = False
    for link in [link for pk in sorted(own) for link in facts.needs[pk]]:
        place = (subject.environment.pk, link.needs_id)
        coming = [item for item in facts.deploying[place] if item.request_id != subject.request_id]
        if link.needs_id in own or facts.installed[place] or any(one.request_id in along for one in coming):
            continue
        absent = True
        said = {"component": link.component, "needs": link.needs, "environment": subject.environment}
        if coming:
            yield Check(
                WARN,
                _("%(component)s needs %(needs)s, which isn't in %(environment)s yet.") % said,
                _("Request #%(id)d brings it; put both in one run.") % {"id": coming[0].request_id},
                is_advice=subject.run_id is None,
            )
        else:
            yield Check(
                WARN,
                _("%(component)s needs %(needs)s, which isn't in %(environment)s and in no open request.")
                % said,
                _("File %(needs)s too.") % said,
            )
    if not absent and any(facts.needs[pk] for pk in own):
        yield Check(PASSED, _("All that these components need is there or comes along."))
