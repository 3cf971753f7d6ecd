"""Procedures as YAML: what is shown reads back as the same steps, and what can't be taken is said with its line."""

import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from releaseorch.catalog import deciding, procedure_schema, procedure_text, yaml_text
from releaseorch.catalog.models import Procedure, ProcedureStep
from releaseorch.catalog.states import Downtime, EffectClass, Phase, Reversible, StepKind
from releaseorch.core.errors import Invalid
from releaseorch.integrations.demo.fixtures import Fixtures
from tests.factories import EnvironmentFactory, House

pytestmark = pytest.mark.django_db

# Texts that YAML is known to turn into something else, beside any text at all.
TRICKY = ["on", "no", "NO", "~", "null", "1.10", "1e3", "1_000", "0o14", "0x1F", "012", "1:30", "2026-11-21", "=", "<<",
          "- a", "a: b", "#", "${x}", "| ", "'", '"', "a\n b\n", "\n", " a ", "\ta", "a\r\nb", "é\u2028x", "*a", "&a",
          "!a", "@", "%", "true", "1.", ".5", "1e400", "9" * 30]  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(TRICKY), st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]))
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(-1e15, 1e15, allow_subnormal=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip

SHELL = "name: x\nsteps:\n- key: a\n  title: T\n  executor: shell\n  parameters: {argv: [x]}\n"


def refused(text: str) -> list[str]:
    with pytest.raises(Invalid) as wrong:
        procedure_text.read(text)
    assert set(wrong.value.fields) == {"text"}
    return wrong.value.fields["text"]


def rows_of(text: str, procedure: Procedure) -> list[ProcedureStep]:
    steps = procedure_text.read(text).steps
    return [
        ProcedureStep(procedure=procedure, position=place, **{**vars(step), "after": list(step.after)})
        for place, step in enumerate(steps, start=1)
    ]


def columns(step: ProcedureStep) -> dict[str, Any]:
    names = {field.attname for field in ProcedureStep._meta.concrete_fields} - {"id", "position"}
    return {name: getattr(step, name) for name in names}


@given(JSON)
@settings(max_examples=150, deadline=None)
def test_any_value_reads_back_as_it_was_written(value: Any) -> None:
    assert yaml_text.read(yaml_text.write(value)).value == value


@given(
    st.lists(
        st.builds(
            dict, title=TEXTS.map(lambda text: f"x{text[:100]}"), phase=st.sampled_from(Phase),
            instructions=TEXTS, per_target=st.booleans(), installs=st.booleans(),
            effect_class=st.sampled_from(EffectClass), reversible=st.sampled_from(Reversible),
            downtime=st.sampled_from(Downtime), timeout_s=st.integers(1, 9999), expected_s=st.integers(0, 9999),
            silence_s=st.none() | st.integers(1, 99),
            decide_within_s=st.none() | st.integers(60, 999), parameters=st.just({}) | st.builds(dict, note=TEXTS),
        ),
        min_size=1, max_size=4,
    )
)  # fmt: skip
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_shown_of_a_procedure_parses_to_the_same_steps(
    house: House, values: list[dict[str, Any]]
) -> None:
    procedure = Procedure(name="any", version=1)
    steps = [
        ProcedureStep(
            procedure=procedure, position=place, key=f"k{place}", kind=StepKind.MANUAL,
            after=[f"k{place - 1}"] if place > 1 else [], team=house.cast.claims if place > 1 else None, **one,
        )
        for place, one in enumerate(values, start=1)
    ]  # fmt: skip
    again = rows_of(procedure_text.write(procedure, steps), procedure)
    assert [columns(step) for step in again] == [columns(step) for step in steps]


@pytest.mark.parametrize("name", sorted(Fixtures().procedures))
def test_the_procedures_of_the_demo_are_written_in_the_published_form(name: str) -> None:
    steps = Fixtures().procedures[name]
    EnvironmentFactory(slug="production")
    text = json.dumps({"name": name, "steps": steps})
    assert [step.key for step in procedure_text.read(text).steps] == [step["key"] for step in steps]
    schema = procedure_schema.published("https://here/procedures/schema.json")
    Draft202012Validator.check_schema(schema)
    assert not list(Draft202012Validator(schema).iter_errors(json.loads(text)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write the name of the procedure and its steps."),
        ("- 1", "Line 1: configuration: This must be a set of named values."),
        ("name: x\nsteps: []", "Line 2: steps: At least 1 needed."),
        ("name: x\nsteps:\n- key: a", "Line 3: title: This field is required."),
        ("name: x\nsteps:\n- key: a\n  title: T\n  phase: later", "Line 5: phase: This must be one of prepare, stop"),
        ("name: x\nsteps:\n- {key: a, title: T, executor: puppet}", "Line 3: executor: There is no tool puppet"),
        ("name: x\nsteps:\n- key: a\n  title: T\n  team: no-one", "Line 5: team: There is no team no-one."),
        ("name: x\nsteps:\n- {key: a, title: T}", "Line 3: a is automated and needs a tool."),
        (
            "name: x\nsteps:\n- {key: a, title: T, kind: manual}\n- {key: b, title: T, kind: manual, after: [c]}",
            "Line 4: b comes after c, which is no step before it.",
        ),
        (
            "name: x\nsteps:\n- key: a\n  title: T\n  kind: manual\n  retry:\n    times: 3",
            "Line 3: No machine tries a again: it is done by hand.",
        ),
        (SHELL + "  retry: {times: 3}", "Line 3: No machine tries a again: nobody said that it is safe to repeat."),
        (SHELL + "  effect_class: A\n  retry: {times: 11}", "Line 8: retry.times: This must be 10 or less."),
        (SHELL + "  effect_class: A\n  retry: {wait_s: 1}", "Line 8: retry.times: This field is required."),
        (SHELL + "  effect_class: A\n  retry: {times: 2, wait_s: 9, at_most_s: 8}", "Line 3: No machine tries a again"),
        (SHELL + "  decisions:\n    skip: no", "Line 8: decisions.skip: This must be one of never, operator"),
        (SHELL + "  decisions:\n    skips: never", "Line 8: decisions.skips: There is no such field."),
        (SHELL + "  decisions: {stop: operator}", "Line 7: decisions.stop: This must be one of never, release"),
        (
            SHELL + "  decisions:\n    environments:\n      prodcution: {skip: never}",
            "Line 9: decisions.environments.prodcution: There is no environment prodcution.",
        ),
        (
            SHELL + "  decisions: {skip: never, mark_done: never, mark_failed: never}",
            "Line 3: The decisions on a can't be like this: nobody could end it: allow one of It is done, Skip, Failed",
        ),
        (
            "name: x\nsteps:\n- key: a\n  title: T\n  executor: shell\n  parameters:\n    argv: [x]\n    cdw: /",
            "Line 8: parameters.cdw: There is no such field.",
        ),
        ("name: x\nname: y", "Line 2: “name” stands there twice."),
        ("name: [", "Line 1: This can't be read as YAML"),
        ("name: x\nsteps: !!python/object/apply:os.system [id]", "Line 2: Tags (!name) are not taken."),
        ("name: x\n---\nname: y", "Line 2: This can't be read as YAML: but found another document"),
        ("name: x\nsteps:\n- <<: {key: a}\n  title: T", "Line 3: <<: There is no such field."),
        ("name: \x01", "Line 1: There is a character that can't be read."),
        ("name: x\nsteps: 1.0e+400", "Line 2: This number is too large."),
        ("? [a]\n: b", "Line 1: A key is a text."),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_said_with_its_line(text: str, sentence: str) -> None:
    assert any(said.startswith(sentence) for said in refused(text)), refused(text)


@pytest.mark.parametrize(
    "step",
    [
        "executor: shell\n  parameters: {argv: [x]}\n  effect_class: B\n  retry: {times: 3, wait_s: 5, at_most_s: 60}",
        "executor: shell\n  parameters: {argv: [x]}\n  retry: {times: 1, when: could_not_run}",
        "executor: http\n  parameters: {method: POST, url: 'https://a.example/', idempotency_header: Key}\n"
        "  retry: {times: 2}",
    ],
)
def test_what_a_machine_may_try_again_reads_back_as_it_was_written(step: str) -> None:
    text = f"name: x\nsteps:\n- key: a\n  title: T\n  {step}\n"
    (read,) = procedure_text.read(text).steps
    assert read.retry
    again = procedure_text.write(Procedure(name="x"), rows_of(text, Procedure(name="x")))
    assert procedure_text.read(again).steps == [read]


def test_no_environment_is_left_without_a_decision_and_the_rules_read_back(house: House) -> None:
    place = house.production.slug
    closed = f"{{{place}: {{mark_done: never, mark_failed: never}}}}"
    (said,) = refused(SHELL + f"  decisions: {{skip: never, environments: {closed}}}")
    assert said.startswith(f"Line 3: The decisions on a can't be like this: in {place} nobody could end it")
    text = SHELL + f"  decisions: {{skip: never, environments: {{{place}: {{skip: release_manager}}}}}}"
    (read,) = procedure_text.read(text).steps
    assert procedure_text.read(
        procedure_text.write(Procedure(name="x"), rows_of(text, Procedure(name="x")))
    ).steps == [read]
    assert deciding.sentences(read.decisions) == ["Skip – never", f"{place}: Skip – release manager"]


def test_words_mean_what_they_say() -> None:
    read = yaml_text.read("[on, NO, yes, 1:30, 2026-11-21, 1.10, 012, 1e3, 0x1F, true, 3, ~]").value
    assert read == ["on", "NO", "yes", "1:30", "2026-11-21", 1.1, "012", "1e3", "0x1F", True, 3, None]


@pytest.mark.parametrize(
    ("bomb", "sentence"),
    [
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "Line 1: Anchors and aliases"),
        ("[" * 50_000, "Line 1: This is nested deeper than 12 levels."),
        ("- " * 50_000, "Line 1: This is nested deeper than 12 levels."),
        ("{a: " * 20_000, "Line 1: This is nested deeper than 12 levels."),
        ("? " * 50_000, "Line 1: This is nested deeper than 12 levels."),
        ("x" * 100_001, "This has 100001 characters; 100000 are the most."),
        ("[" + "1," * 49_990 + "]", "Line 1: These are more than 20000 values."),
    ],
    ids=["aliases", "lists", "dashes", "objects", "keys", "size", "values"],
)
def test_a_bomb_is_refused_with_a_sentence_and_soon(bomb: str, sentence: str) -> None:
    begun = time.process_time()
    (said,) = refused(bomb)
    assert said.startswith(sentence)
    assert time.process_time() - begun < 5
