"""How fast time goes in a campaign: by the engine's own times, or by a tenth of them."""

from dataclasses import dataclass

ENGINE = {
    "RELEASEORCH_LEASE": 60.0,
    "RELEASEORCH_HEARTBEAT": 10.0,
    "RELEASEORCH_SELF_FENCE": 45.0,
    "RELEASEORCH_LEASE_GRACE": 15.0,
}


@dataclass(frozen=True)
class Pace:
    """Called with seconds of an installation it says how many that are here."""

    share: float

    def __call__(self, seconds: float) -> float:
        return seconds * self.share

    def environment(self) -> dict[str, str]:
        return {name: f"{self(seconds):g}" for name, seconds in ENGINE.items()}

    @property
    def settled_s(self) -> float:
        """Twice the lease and the sweep: until then whatever was hit is over, or in a person's hands."""
        return 2 * self(ENGINE["RELEASEORCH_LEASE"] + ENGINE["RELEASEORCH_LEASE_GRACE"])


REAL, TENTH = Pace(1.0), Pace(0.1)
