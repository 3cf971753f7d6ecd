"""What every executor must do, whatever its kind: subclass `Conformance` and say how to bring each situation about."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from releaseorch.executors.base import (
    Cancelled,
    Context,
    Done,
    Errored,
    Executor,
    Failed,
    Inputs,
    Running,
    Unknown,
)
from tests.executors.stage import SECRET, carry_out, context_for, happens, log_of, poll_to_end, until

Config = dict[str, Any]


class Conformance:
    """The situations below are configurations; a kind that can't reach one overrides the test and says why."""

    parameters: Mapping[str, str] = {}

    def new(self) -> Executor:
        """Return a fresh object, as another process would have it."""
        raise NotImplementedError

    def succeeding(self) -> Config:
        """Succeeds, and writes `it went well` and the secret to the log."""
        raise NotImplementedError

    def failing(self) -> Config:
        """The far side says no."""
        raise NotImplementedError

    def impossible(self) -> Config:
        """Can't be run."""
        raise NotImplementedError

    def long(self) -> Config:
        """Runs until it is let go on, then succeeds."""
        raise NotImplementedError

    def let_go_on(self, context: Context) -> None:
        raise NotImplementedError

    def effects(self, context: Context) -> int:
        """Count how often the far side did something for this attempt."""
        raise NotImplementedError

    def lost(self, tmp_path: Path) -> Context:
        """Return an attempt that was started and whose outcome nobody can know."""
        raise NotImplementedError

    def answer_lost(self, tmp_path: Path) -> Context:
        """Return an attempt that was begun and whose answer nobody heard; the far side can be asked again."""
        context = self.context(self.long(), tmp_path)
        self.new().start(context)
        until(lambda: self.effects(context))
        return context

    def stubborn(self) -> Config | None:
        """Begins, and doesn't stop when it is asked to; None where the far side can't refuse."""
        return None

    def context(self, config: Config, tmp_path: Path, **more: Any) -> Context:
        return context_for(config, tmp_path, **({"parameters": self.parameters} | more))

    def test_it_names_itself_and_its_configuration(self) -> None:
        executor = self.new()
        Draft202012Validator.check_schema(executor.config_schema)
        assert executor.kind.isidentifier()
        assert executor.label
        assert executor.effect_class in "ABCD"
        assert all(field["title"] for field in executor.config_schema["properties"].values())

    def test_its_configurations_are_valid_and_others_are_refused_by_field(self) -> None:
        executor = self.new()
        for config in (self.succeeding(), self.failing(), self.long()):
            assert executor.validate(config) == {}
        assert executor.validate({}).keys() == set(executor.config_schema["required"])
        assert executor.validate(self.succeeding() | {"colour": "red"}) == {
            "colour": "There is no such field."
        }

    def test_the_plan_tells_what_would_be_done_and_does_nothing(self, tmp_path: Path) -> None:
        context = self.context(self.succeeding(), tmp_path)
        assert self.new().plan(Inputs(context.config, context.parameters))
        assert self.effects(context) == 0

    def test_it_is_done_and_its_log_reaches_the_sink_without_secrets(self, tmp_path: Path) -> None:
        context = self.context(self.succeeding(), tmp_path)
        assert isinstance(carry_out(self.new(), context), Done)
        assert b"it went well" in log_of(context)
        assert b"[secret]" in log_of(context)
        assert SECRET not in log_of(context)
        assert self.effects(context) == 1

    def test_no_chunk_of_the_log_is_larger_than_64_kb(self, tmp_path: Path) -> None:
        context = self.context(self.succeeding(), tmp_path)
        carry_out(self.new(), context)
        assert max(map(len, context.log.chunks)) <= 64 * 1024  # type: ignore[attr-defined]

    def test_a_no_of_the_far_side_is_failed(self, tmp_path: Path) -> None:
        result = carry_out(self.new(), self.context(self.failing(), tmp_path))
        assert isinstance(result, Failed)
        assert result.reason.endswith(".")

    def test_what_can_not_be_run_is_errored_and_has_no_effect(self, tmp_path: Path) -> None:
        context = self.context(self.impossible(), tmp_path)
        result = carry_out(self.new(), context)
        assert isinstance(result, Errored)
        assert result.reason.endswith(".")
        assert self.effects(context) == 0

    def test_a_missing_value_is_errored_and_names_it(self, tmp_path: Path) -> None:
        config = {key: _asking(value) for key, value in self.succeeding().items()}
        context = self.context(config, tmp_path)
        result = carry_out(self.new(), context)
        assert isinstance(result, Errored)
        assert "nobody_gave_this" in result.reason
        assert self.effects(context) == 0

    def test_an_output_that_was_promised_and_not_delivered_is_failed(self, tmp_path: Path) -> None:
        context = self.context(self.succeeding(), tmp_path, outputs=["checksum"])
        result = carry_out(self.new(), context)
        assert isinstance(result, Failed)
        assert "checksum" in result.reason

    def test_another_object_goes_on_where_the_first_was_lost(self, tmp_path: Path) -> None:
        context = self.context(self.long(), tmp_path)
        started = self.new().start(context)
        assert isinstance(started, Running)
        assert isinstance(self.new().reconcile(context, started.external_id), Running)
        self.let_go_on(context)
        assert isinstance(poll_to_end(self.new(), context, started), Done)

    def test_what_is_cancelled_is_gone(self, tmp_path: Path) -> None:
        context = self.context(self.long(), tmp_path)
        started = self.new().start(context)
        assert isinstance(started, Running)
        until(lambda: self.effects(context))
        assert isinstance(self.new().cancel(context, started.external_id), Cancelled)
        effects = self.effects(context)
        self.let_go_on(context)
        assert not happens(lambda: self.effects(context) > effects)

    def test_a_stop_that_nobody_confirmed_is_not_called_cancelled(self, tmp_path: Path) -> None:
        config = self.stubborn()
        if config is None:
            return
        context = self.context(config, tmp_path)
        started = self.new().start(context)
        external_id = started.external_id if isinstance(started, Running) else ""
        assert isinstance(self.new().cancel(context, external_id), Unknown)

    def test_an_attempt_whose_answer_was_lost_is_found_and_not_begun_again(self, tmp_path: Path) -> None:
        context = self.answer_lost(tmp_path)
        effects = self.effects(context)
        found = self.new().reconcile(context, None)
        assert not isinstance(found, Errored | Cancelled)
        is_findable = self.new().effect_class_of(context.config) == "B"
        assert not (is_findable and isinstance(found, Unknown))
        assert self.effects(context) == effects
        self.let_go_on(context)  # nothing of a test stays at work after it

    def test_what_was_never_begun_is_not_begun_by_asking(self, tmp_path: Path) -> None:
        context = self.context(self.succeeding(), tmp_path)
        is_findable = self.new().effect_class_of(context.config) == "B"
        found = self.new().reconcile(context, None)
        assert isinstance(found, Errored if is_findable else Errored | Unknown)
        assert self.effects(context) == 0

    def test_no_sentence_and_no_id_holds_a_secret(self, tmp_path: Path) -> None:
        for name in ("succeeding", "failing", "impossible", "long"):
            context = self.context(getattr(self, name)(), tmp_path / name, attempt_id=f"{name}-1")
            said = [started := self.new().start(context)]
            if isinstance(started, Running) and name != "long":
                said.append(poll_to_end(self.new(), context, started))
            elif isinstance(started, Running):
                said.append(self.new().cancel(context, started.external_id))
            assert SECRET.decode() not in f"{said} {self.new().plan(Inputs(context.config, self.parameters))}"

    def test_what_nobody_can_know_is_unknown(self, tmp_path: Path) -> None:
        context = self.lost(tmp_path)
        effects = self.effects(context)
        assert isinstance(self.new().reconcile(context, None), Unknown)
        assert self.effects(context) == effects

    @pytest.mark.parametrize("external_id", ["", "nonsense", "wait-until:", "a:b:c:d", "\x00"])
    def test_an_id_that_is_not_its_own_never_starts_anything(self, external_id: str, tmp_path: Path) -> None:
        context = self.context(self.long(), tmp_path)
        assert isinstance(self.new().poll(context, external_id), Unknown)
        assert self.effects(context) == 0


def _asking(value: Any) -> Any:
    if isinstance(value, str):
        return value + "${nobody_gave_this}"
    return [*value[:-1], value[-1] + "${nobody_gave_this}"] if isinstance(value, list) else value
