"""Every read of runs and steps that a page or the API needs."""

from releaseorch.runs.queries.actions import actions_for
from releaseorch.runs.queries.logs import (
    gap_line,
    log_bytes,
    log_end,
    log_length,
    log_missing,
    log_parts,
    log_pieces,
    log_tail,
    shown_line,
)
from releaseorch.runs.queries.runs import (
    RunDetail,
    RunFilter,
    detail_of,
    run_detail,
    runs_page,
    runs_under_way,
    steps_of,
)
from releaseorch.runs.queries.second_person import SecondPerson
from releaseorch.runs.queries.second_person import of_run as second_person_of_run
from releaseorch.runs.queries.second_person import of_step as second_person_of_step
from releaseorch.runs.queries.step_actions import step_actions
from releaseorch.runs.queries.steps import DecisionEvidence, StepDetail, decision_evidence, step_detail
from releaseorch.runs.queries.work import MustAct, WorkOfPerson, held_up_runs, who_must_act, work_of

__all__ = [
    "DecisionEvidence",
    "MustAct",
    "RunDetail",
    "RunFilter",
    "SecondPerson",
    "StepDetail",
    "WorkOfPerson",
    "actions_for",
    "decision_evidence",
    "detail_of",
    "gap_line",
    "held_up_runs",
    "log_bytes",
    "log_end",
    "log_length",
    "log_missing",
    "log_parts",
    "log_pieces",
    "log_tail",
    "run_detail",
    "runs_page",
    "runs_under_way",
    "second_person_of_run",
    "second_person_of_step",
    "shown_line",
    "step_actions",
    "step_detail",
    "steps_of",
    "who_must_act",
    "work_of",
]
