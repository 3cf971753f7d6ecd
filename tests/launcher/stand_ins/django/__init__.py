"""Stands in for Django, as far as the launcher touches it."""


def setup() -> None:
    pass
