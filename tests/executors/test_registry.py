"""Built-in kinds are there; a plug-in joins them, and a broken one harms nobody."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from releaseorch.executors import registry
from releaseorch.executors.base import Context, Done, Executor, Inputs, Result, Unknown


class Echo(Executor):
    kind = "echo"
    label = "Echo"
    config_schema = {"type": "object", "required": [], "properties": {}}

    def plan(self, inputs: Inputs) -> str:
        return "Say nothing."

    def start(self, context: Context) -> Result:
        return Done()

    def poll(self, context: Context, external_id: str) -> Result:
        return Done()

    def cancel(self, context: Context, external_id: str) -> Result:
        return Unknown("It is too late.")

    def reconcile(self, context: Context, external_id: str | None) -> Result:
        return Done()


class Shadow(Echo):
    kind = "shell"


class Incomplete(Executor):
    kind = "incomplete"


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, f"{__name__}:{value}", registry.ENTRY_POINTS)


def test_the_built_in_kinds_are_there() -> None:
    assert {"http", "shell"} <= set(registry.kinds())
    assert registry.get("shell").label == "Shell script"


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(registry.UnknownKind, match="teleport"):
        registry.get("teleport")


def test_broken_plug_ins_are_reported_and_the_others_work() -> None:
    broken = {name: point(name, name) for name in ("Shadow", "Incomplete", "Missing", "registry")}
    absent = EntryPoint("absent", "no_such_package.at_all:X", registry.ENTRY_POINTS)
    found = registry.load([*broken.values(), absent, point("echo", "Echo")])
    assert found.executors.keys() == {"shell", "http", "echo"}
    assert found.executors["shell"].__class__ is registry.BUILT_IN[0]
    assert found.problems.keys() == {*broken, "absent"}


def test_executors_need_neither_django_nor_celery() -> None:
    code = (
        "import sys, releaseorch.executors.registry; print({'django', 'celery', 'kombu'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
