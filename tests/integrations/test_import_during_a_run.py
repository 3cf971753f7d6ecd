"""A run that is under way isn't disturbed by an import."""

from releaseorch.catalog.models import ComponentVersion
from releaseorch.environments import inventory
from releaseorch.integrations.sources.document import PlaceKey
from tests.factories import EnvironmentFactory
from tests.histories import request_in_state, run_in_state
from tests.integrations.wikimedia_folders import make_folder


def test_a_place_on_which_a_run_works_is_refused_and_named(import_folder, house, commits, tmp_path):
    place = PlaceKey(house.claims.name, house.claims_web.name, "staging")
    environment = EnvironmentFactory(name="staging")
    with commits():
        request = request_in_state(house, "approved", environment=environment)
        run = run_in_state(house, "running", requests=[request])
    folder = make_folder(tmp_path, end=f"{','.join(place)},7.0\nClaims,claims-db,staging,7.0\n")
    summary = import_folder(folder)
    assert summary["kinds"]["inventory"] == {"created": 1, "updated": 0, "unchanged": 0, "refused": 1}
    (line,) = summary["refused"]
    assert (
        line["reason"] == f"Claims/claims-web/staging: {run} works there now; import again when it is over."
    )
    assert [row.component for row in inventory.current([environment.pk])] == [house.claims_db]
    assert ComponentVersion.objects.filter(component=house.claims_web, text="7.0").exists()
