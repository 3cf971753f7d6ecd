"""Who can log in as whom: written for the launcher, which prints it at each start."""

import json

from releaseorch.integrations.demo.fixtures import Places


def write_logins(places: Places, people: list[dict[str, str]]) -> None:
    """Each has `username`, `password`, `name` and `role`; only the owner of the state directory reads it."""
    file = places.state / "people.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(people, indent=1, ensure_ascii=False), encoding="utf-8")
