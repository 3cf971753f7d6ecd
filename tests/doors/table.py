"""All verbs, and the doors that are left closed on purpose."""

from tests.doors.other_verbs import OTHER_VERBS
from tests.doors.release_verbs import RELEASE_VERBS
from tests.doors.request_verbs import REQUEST_VERBS
from tests.doors.run_verbs import RUN_VERBS
from tests.doors.step_verbs import STEP_VERBS

VERBS = [*REQUEST_VERBS, *RUN_VERBS, *STEP_VERBS, *RELEASE_VERBS, *OTHER_VERBS]

CLOSED = {
    ("version.register", "page"): "Machines register what they built; people file what is registered.",
    ("reservation.create", "page"): "Reservations are kept through the API until their page is built.",
    ("reservation.release", "page"): "Reservations are kept through the API until their page is built.",
}
