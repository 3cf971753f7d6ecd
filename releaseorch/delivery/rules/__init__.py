"""What speaks for and against a request, one rule a file: pure, from facts that were read before.

A rule of `policies.models.Rule` can be demanded by a policy, which says from which door on it blocks; until then, and
where none demands it, it only warns. The others hold everywhere and always.
"""

from collections.abc import Callable, Iterable, Sequence

from releaseorch.delivery.request_facts import Facts, Subject
from releaseorch.delivery.rules import (
    digests,
    features_expected,
    features_in,
    features_ready,
    features_whole,
    has_lines,
    in_time,
    needs_there,
    nobody_else,
    ran_before,
    soaked,
    unfrozen,
    unreserved,
    versions_usable,
)
from releaseorch.delivery.verdicts import Check
from releaseorch.policies.models import Rule
from releaseorch.policies.rules import Demand

Verdicts = Callable[[Subject, Facts, Demand | None], Iterable[Check]]

# In the order in which they are shown; None: no policy is needed for it.
RULES: Sequence[tuple[Rule | None, Verdicts]] = (
    (None, has_lines.verdicts),
    (None, in_time.verdicts),
    (None, versions_usable.verdicts),
    (Rule.DIGESTS, digests.verdicts),
    (Rule.RAN_BEFORE, ran_before.verdicts),
    (Rule.SOAKED, soaked.verdicts),
    (Rule.FEATURES_IN, features_in.verdicts),
    (Rule.FEATURES_EXPECTED, features_expected.verdicts),
    (Rule.FEATURES_READY, features_ready.verdicts),
    (Rule.FEATURES_WHOLE, features_whole.verdicts),
    (Rule.NEEDS_THERE, needs_there.verdicts),
    (Rule.NOBODY_ELSE, nobody_else.verdicts),
    (None, unreserved.verdicts),
    (None, unfrozen.verdicts),
)
