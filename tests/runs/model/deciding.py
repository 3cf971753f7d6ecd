"""The model's people who decide: on what needs a decision, again from here, and the second person."""

from tests.runs.model.expected import (
    DECIDERS,
    NOTHING,
    UNDER_WAY,
    Attempt,
    Question,
    Reasons,
    Run,
    Step,
    World,
)

ENDS = {"skip": "skipped", "mark_done": "succeeded", "mark_failed": "failed"}
OVER = frozenset({"succeeded", "skipped", "failed"})


class Deciding(World):
    def retry(self, who: str, run: Run, step: Step) -> Reasons:
        reasons = self._may_decide("retry", who, run, step, begins=True)
        reasons |= self._unless(step.question is None, "asked")
        if reasons:
            return reasons
        if run.is_protected and step.is_unknown:
            step.question = Question(who, from_here=False)
        else:
            self._try_again(step)
        return NOTHING

    def take_over(self, who: str, run: Run, step: Step) -> Reasons:
        reasons = self._may_decide("take_over", who, run, step, begins=True)
        if not reasons:
            self._decided(step, "claimed", who)
            step.is_taken_over = True
            step.attempts.append(Attempt(who, has_begun=True))
        return reasons

    def skip(self, who: str, run: Run, step: Step) -> Reasons:
        return self._ended(who, run, step, "skip")

    def mark_done(self, who: str, run: Run, step: Step) -> Reasons:
        return self._ended(who, run, step, "mark_done")

    def mark_failed(self, who: str, run: Run, step: Step) -> Reasons:
        return self._ended(who, run, step, "mark_failed")

    def _ended(self, who: str, run: Run, step: Step, kind: str) -> Reasons:
        reasons = self._may_decide(kind, who, run, step, begins=False)
        if not reasons:
            self._decided(step, ENDS[kind])
            if kind == "mark_done":
                self.installed(run, step)
            self.go_on(run)
        return reasons

    def _may_decide(self, verb: str, who: str, run: Run, step: Step, *, begins: bool) -> Reasons:
        """A person doesn't wait for what a machine tries again later; a run that is being cancelled begins nothing."""
        waits_for_one = step.state == "needs_decision" or (step.state == "ready" and step.is_backed_off)
        reasons = self._unless(who in DECIDERS, "who") | self._unless(waits_for_one, "state")
        reasons |= self._unless(run.is_active, "run") | self._unless(step.leaves(verb, who), "procedure")
        return reasons | self._unless(not (begins and run.state == "cancelling"), "cancelling")

    def _decided(self, step: Step, state: str, owner: str | None = None) -> None:
        """Any other decision makes the question lapse."""
        step.changes_hands(state, owner)
        step.forget_retries()
        step.question = None

    def _try_again(self, step: Step) -> None:
        self._decided(step, "ready")
        step.is_taken_over = False

    # --- again from here

    def retry_from(self, who: str, run: Run, step: Step) -> Reasons:
        reasons = self._unless(who in DECIDERS, "who") | self._unless(step.question is None, "asked")
        reasons |= self._speaks_against(run, step)
        begun = self._begun(run, step)
        reasons |= self._unless(step.leaves("retry_from", who), "procedure")
        tried = [one for one in begun if one.was_tried]
        reasons |= self._unless(all(one.leaves("retry", who) for one in tried), "procedure")
        is_doubtful = run.is_protected and any(one.ended_unknown for one in begun)
        if reasons and not (is_doubtful and reasons == {"held"}):  # who holds it is asked when it begins
            return reasons
        if is_doubtful:
            step.question = Question(who, from_here=True)
        else:
            self._begin_again(run, step)
        return NOTHING

    def _begun(self, run: Run, step: Step) -> list[Step]:
        """What had begun, or could have."""
        return [step, *(one for one in run.behind(step) if one.state not in {"pending", "cancelled"})]

    def _speaks_against(self, run: Run, step: Step) -> Reasons:
        behind, begun = run.behind(step), self._begun(run, step)
        reasons = self._unless(step.state in OVER, "state") | self._unless(run.state in UNDER_WAY, "run")
        reasons |= self._unless(not any(one.is_at_work for one in behind), "at work")
        reasons |= self._unless(not any(one.is_unknown for one in behind), "unknown")
        reasons |= self._unless(not any(self._is_final(one) for one in begun), "final")
        return reasons | self._unless(not self.held_by_others(run, run.components(begun)), "held")

    def _is_final(self, step: Step) -> bool:
        """A tool has done it, it can't be undone, and nobody declared that it may be repeated."""
        is_done = step.state == "succeeded" and not step.is_by_hand
        return is_done and not step.is_reversible and step.effect_class == "D"

    def _begin_again(self, run: Run, step: Step) -> None:
        for one in self._begun(run, step):
            one.changes_hands("pending")
            one.forget_retries()
            one.question = None
        self.go_on(run)

    # --- the second person

    def confirm(self, who: str, run: Run, step: Step) -> Reasons:
        reasons = self._unless(who in DECIDERS, "who")
        asked = step.question
        if asked is None:
            return reasons | {"nobody asks"}
        if who == asked.by and not asked.is_late:
            reasons |= {"early"}
        if asked.from_here:
            reasons |= self._speaks_against(run, step)
        reasons |= self._unless(step.leaves(asked.verb, who), "procedure")
        if reasons:
            return reasons
        if asked.from_here:
            self._begin_again(run, step)
        else:
            self._try_again(step)
        if who == asked.by:
            step.alone.append(who)
        return NOTHING

    def decline(self, who: str, run: Run, step: Step) -> Reasons:
        """Also by who asked."""
        reasons = self._unless(who in DECIDERS, "who")
        if step.question is None:
            return reasons | {"nobody asks"}
        reasons |= self._unless(step.leaves(step.question.verb, who), "procedure")
        if not reasons:
            step.question = None
        return reasons

    def review(self, who: str, run: Run, step: Step) -> Reasons:
        """Also when the run is over."""
        others = [one for one in step.alone if one != who]
        reasons = self._unless(who in DECIDERS, "who") | self._unless(bool(step.alone), "nothing to review")
        reasons |= self._unless(bool(others) or not step.alone, "own")
        if not reasons:
            step.alone = [one for one in step.alone if one == who]
        return reasons
