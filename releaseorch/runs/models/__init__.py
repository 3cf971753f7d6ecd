"""Runs, their steps and links, and what happened to them: attempts, logs, decisions, evidence, comments."""

from releaseorch.runs.models.confirmation import Confirmation
from releaseorch.runs.models.history import Attempt, Comment, Decision, Evidence, LateReport, LogChunk
from releaseorch.runs.models.run import DeploymentRun, RunTarget
from releaseorch.runs.models.step import Step, StepLink

__all__ = [
    "Attempt",
    "Comment",
    "Confirmation",
    "Decision",
    "DeploymentRun",
    "Evidence",
    "LateReport",
    "LogChunk",
    "RunTarget",
    "Step",
    "StepLink",
]
