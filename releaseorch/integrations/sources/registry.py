"""The sources that ship with the product, by kind."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from releaseorch.core.errors import Invalid
from releaseorch.integrations.sources.base import Source
from releaseorch.integrations.sources.govuk.reader import GovukSource
from releaseorch.integrations.sources.wikimedia.reader import WikimediaSource

SOURCES: Mapping[str, Source] = {source.kind: source for source in (GovukSource(), WikimediaSource())}


def source_of(kind: str) -> Source:
    """Return the source of this kind; raises Invalid that names those there are."""
    if kind not in SOURCES:
        said = _("There is no source “%(kind)s”. There are: %(kinds)s.")
        raise Invalid({"kind": said % {"kind": kind, "kinds": ", ".join(sorted(SOURCES))}})
    return SOURCES[kind]
