"""What features know of people who leave: those they own or test, until every part is over."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from releaseorch.accounts import holdings
from releaseorch.accounts.holdings import Holding
from releaseorch.accounts.models import Person, Team
from releaseorch.audit import events
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.features.models import Feature

WORDS = {"owner": gettext_lazy("owner"), "tester": gettext_lazy("tester")}


class Features:
    """`part` is the field by which a feature is somebody's."""

    to_teams = False

    def __init__(self, part: str) -> None:
        self._part = part

    def held_by(self, person: Person) -> Iterable[Holding]:
        for feature in Feature.objects.filter(**{self._part: person}).order_by("pk"):
            said = {"feature": feature, "part": WORDS[self._part]}
            yield Holding(self._part, "feature", feature.pk, _("Feature “%(feature)s”, as %(part)s") % said)

    def hand_over(
        self, *, actor: Person, holding: Holding, leaver: Person, to: Person | Team, reason: str
    ) -> None:
        assert isinstance(to, Person)
        if to.is_robot:
            raise NotAllowed(_("a robot neither owns nor tests a feature."))
        feature = Feature.objects.get(pk=holding.id)
        if not Feature.objects.filter(pk=feature.pk, **{self._part: leaver}).update(**{self._part: to}):
            raise Conflict(_("%(feature)s was changed in between.") % {"feature": feature.key})
        events.record(
            actor=actor, verb="feature.handed_over", subject=feature, reason=reason,
            before={self._part: leaver.name}, after={self._part: to.name}, topics=["work"],
        )  # fmt: skip


def register() -> None:
    for part in WORDS:
        holdings.register(part, Features(part))
