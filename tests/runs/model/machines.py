"""The model's machines: workers that claim, begin, tell and fall silent, and the housekeeper who finds them."""

from tests.runs.model.deciding import Deciding
from tests.runs.model.expected import MOST_REQUEUES, Attempt, Claim, Run, Step

FAR_SIDE = frozenset({"http", "keyed"})


class Machines(Deciding):
    def claim(self, run: Run, step: Step, *, is_stale: bool) -> Claim | None:
        """By a message with the step's token; anything but "ready, in a running run" begins nothing."""
        if is_stale or run.state != "running" or not step.is_claimable:
            return None
        step.changes_hands("running")
        attempt = Attempt()
        step.attempts.append(attempt)
        return Claim(run, step, attempt, 0)

    def intend(self, claim: Claim) -> bool:
        """From here on nobody can say that nothing happened."""
        attempt = claim.attempt
        if not claim.counts or attempt.has_begun or attempt.is_asked_to_stop:
            return False
        attempt.has_begun, attempt.is_silent = True, False
        return True

    def heartbeat(self, claim: Claim) -> bool | None:
        """Whether it is asked to stop; None when it is somebody else's, or over."""
        if not claim.counts:
            return None
        claim.attempt.is_silent = claim.attempt.nobody_knows = False
        return claim.attempt.is_asked_to_stop

    def tell(self, claim: Claim, outcome: str) -> bool:
        if not claim.counts:
            return self._told_late(claim.attempt, outcome)
        claim.attempt.told = True
        self._end(claim.run, claim.step, outcome)
        return True

    def _told_late(self, attempt: Attempt, outcome: str) -> bool:
        """Kept for whoever decides, unless it knows less; True when it is what the attempt says already."""
        knows_less = outcome == "unknown" and (attempt.state == "running" or attempt.late is not None)
        if attempt.told and attempt.state == outcome:
            return True
        if not knows_less:
            attempt.late = outcome
        return False

    def _end(self, run: Run, step: Step, outcome: str) -> None:
        attempt = step.attempts[-1]
        attempt.state = outcome
        if outcome == "succeeded":
            step.state = "succeeded"
            self.installed(run, step)
        elif self._is_tried_again(run, step, outcome, attempt.has_begun):
            step.changes_hands("ready")
            step.retries += 1
            step.is_backed_off = True
        elif run.state == "cancelling" and outcome != "unknown":
            step.changes_hands("cancelled")
        else:
            step.state = "needs_decision"
        if attempt.has_begun and outcome in {"failed", "unknown", "cancelled"}:
            self.left_uncertain(run, step)
        self.go_on(run)

    def _is_tried_again(self, run: Run, step: Step, outcome: str, has_begun: bool) -> bool:
        if run.state == "cancelling" or step.retries >= step.most_retries:
            return False
        if outcome == "errored":
            return step.is_safe or not has_begun
        return outcome == "failed" and step.is_safe and not step.only_could_not_run

    # --- lost workers

    def silent(self, run: Run) -> list[Step]:
        found = [one for one in run.steps.values() if one.state == "running"]
        return [one for one in found if one.attempts[-1].is_silent]

    def reap(self) -> int:
        """Returns how many attempts were ended."""
        return sum(self._reaped(run, step) for run in self.runs for step in self.silent(run))

    def _reaped(self, run: Run, step: Step) -> bool:
        attempt = step.attempts[-1]
        if attempt.has_begun:
            if self._can_be_known(step) and not attempt.nobody_knows:
                return False  # workers are asked
            self._end(run, step, "unknown")
        elif run.state == "cancelling":
            self._end(run, step, "cancelled")
        else:
            self._requeue(run, step, attempt)
        return True

    def _requeue(self, run: Run, step: Step, attempt: Attempt) -> None:
        """Provably nothing happened: three times, then a person."""
        attempt.state = "errored"
        if step.requeues >= MOST_REQUEUES:
            step.state = "needs_decision"
        else:
            step.requeues += 1
            attempt.was_requeued = True
            step.changes_hands("ready")

    def _can_be_known(self, step: Step) -> bool:
        """Of a script its host knows, of everything else the far side, if it can be asked by our key."""
        return step.tool not in FAR_SIDE or step.is_safe

    def reattach(self, run: Run, step: Step, *, is_stale: bool) -> Claim | None:
        """Another worker goes on with the same attempt; of a script no other host knows anything."""
        attempt = step.attempts[-1]
        is_to_be_had = step.state == "running" and attempt.is_silent and attempt.has_begun
        if is_stale or not is_to_be_had or step.tool not in FAR_SIDE:
            return None
        attempt.holder += 1
        attempt.is_silent = attempt.nobody_knows = False
        step.changes_hands("running")
        return Claim(run, step, attempt, attempt.holder)
