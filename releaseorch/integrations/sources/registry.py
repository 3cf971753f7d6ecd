"""The sources that ship with the product, by kind."""

from __future__ import annotations

from collections.abc import Mapping

from releaseorch.core.errors import Invalid
from releaseorch.integrations.sources.base import Source
from releaseorch.integrations.sources.wikimedia.reader import WikimediaSource

SOURCES: Mapping[str, Source] = {source.kind: source for source in (WikimediaSource(),)}


def source_of(kind: str) -> Source:
    """Return the source of this kind; raises Invalid that names those there are."""
    if kind not in SOURCES:
        raise Invalid({"kind": f"There is no source “{kind}”. There are: {', '.join(sorted(SOURCES))}."})
    return SOURCES[kind]
