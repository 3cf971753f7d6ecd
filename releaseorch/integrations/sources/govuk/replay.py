"""The changes played over what was there at the start: where the files contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from releaseorch.integrations.sources.document import Noted
from releaseorch.integrations.sources.govuk.rows import DeploymentRow, Spot, StateRow
from releaseorch.integrations.sources.validate import shown


def contradictions(
    before: Iterable[StateRow], changes: Sequence[DeploymentRow], now: Iterable[StateRow]
) -> list[Noted]:
    """Rows that don't go on from where the ones before them ended: when that changed, the data doesn't tell."""
    there: dict[Spot, str | None] = {state.spot: state.version for state in before}
    noted: list[Noted] = []
    for change in changes:
        was = there.get(change.spot)
        if was != change.old:
            noted.append(Noted("deployments.csv", change.line, _said(change.spot, was, change.old)))
        there[change.spot] = change.new
    # Without history there is nothing to go on from.
    for state in now if changes else ():
        was = there.get(state.spot)
        if was != state.version:
            noted.append(Noted("state_at_end.csv", state.line, _said(state.spot, was, state.version)))
    return sorted(noted)


def _said(spot: Spot, was: str | None, now: str | None) -> str:
    before, after = (shown(version or _("nothing")) for version in (was, now))
    said = _("%(application)s in %(environment)s goes on from %(after)s, but %(before)s was there before.")
    return said % {**spot._asdict(), "after": after, "before": before}
