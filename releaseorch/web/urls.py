"""Every address of the pages.

Each noun has two files of its name: `web/views/<noun>.py` (function views) and `web/routes/<noun>.py` (its
`urlpatterns`, nothing else). To add a view, write it in the one and name its address in the other; this file changes
only when a noun is added. Addresses have no slash at their end; a verb is a POST to `<object>/<verb>`, its name is
`<noun>-<verb>` as in `request-approve`. Ids use `<id:…>`. A view is closed unless it is marked `@access.public`.
"""

from django.urls import include, path

from releaseorch.web import converters

NOUNS = (
    "mine",
    "board",
    "requests",
    "runs",
    "steps",
    "where",
    "environments",
    "calendar",
    "connections",
    "features",
    "releases",
    "catalog",
    "audit",
    "search",
    "policies",
    "settings",
    "holds",
    "tables",
    "people",
    "teams",
    "me",
    "inbox",
    "kept",
    "session",
    "live",
    "health",
    "styleguide",
)

urlpatterns = [path("", include(f"releaseorch.web.routes.{noun}")) for noun in NOUNS]

__all__ = ["converters", "urlpatterns"]
