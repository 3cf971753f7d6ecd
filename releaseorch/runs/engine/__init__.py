"""The part of the engine that runs in workers: from a message with an id and a token to a known outcome."""

from releaseorch.runs.engine.worker import reattach_step, run_step, run_steps

__all__ = ["reattach_step", "run_step", "run_steps"]
