"""All verbs, and the doors that are left closed on purpose."""

from tests.doors.catalog_verbs import CATALOG_VERBS
from tests.doors.feature_verbs import FEATURE_VERBS
from tests.doors.hold_verbs import HOLD_VERBS
from tests.doors.other_verbs import OTHER_VERBS
from tests.doors.people_verbs import PEOPLE_VERBS
from tests.doors.place_verbs import PLACE_VERBS
from tests.doors.policy_verbs import POLICY_VERBS
from tests.doors.release_verbs import RELEASE_VERBS
from tests.doors.request_verbs import REQUEST_VERBS
from tests.doors.run_verbs import RUN_VERBS
from tests.doors.step_verbs import STEP_VERBS

VERBS = [
    *REQUEST_VERBS,
    *RUN_VERBS,
    *STEP_VERBS,
    *RELEASE_VERBS,
    *FEATURE_VERBS,
    *HOLD_VERBS,
    *PLACE_VERBS,
    *PEOPLE_VERBS,
    *POLICY_VERBS,
    *OTHER_VERBS,
    *CATALOG_VERBS,
]

CLOSED: dict[tuple[str, str], str] = {}
