"""Where a soft reference (kind and id) leads on the pages."""

PLACES = {
    "request": "/requests/{}",
    "run": "/runs/{}",
    "step": "/steps/{}",
    "feature": "/features/{}",
    "release": "/releases/{}",
    "person": "/people/{}",
    "team": "/teams/{}",
    "application": "/applications/by-number/{}",
    "component": "/components/{}",
    "procedure": "/procedures/{}",
    "version": "/versions/{}",
    "environment": "/environments/{}",
    "connection": "/connections/{}",
    "hold": "/holds/{}",
    "policy": "/policies/{}",
}


def page_of(kind: str, subject_id: int | None) -> str:
    """The address of its page; empty for what has none."""
    place = PLACES.get(kind)
    return place.format(subject_id) if place and subject_id else ""
