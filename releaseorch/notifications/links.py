"""Where news lead to, written out: `reverse` would load every page into processes that only tell."""


def page_of(noun: str, pk: int) -> str:
    """The address of a request, run, step or feature."""
    return f"/{noun}s/{pk}"
