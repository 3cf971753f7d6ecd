"""Database and broker are killed, emptied, and away for a while."""

import random

from celery import current_app

from tests.faults.campaign import points
from tests.faults.campaign.brokers import Redis
from tests.faults.campaign.message_faults import BROKER_AWAY, QUEUE
from tests.faults.campaign.plant import Fault, Faults, Plant
from tests.faults.campaign.servers import READY_S, Server

DOWN_S = 60.0  # as long as a lease lasts
LOOKS_S = 0.2


def killed(plant: Plant, server: Server) -> Faults:
    """At once, and as soon as it may it comes back."""
    name = f"{server.name} killed"

    def kill(_plant: Plant, _dice: random.Random) -> Fault:
        yield 0.0
        server.kill()
        points.hit(plant.folder, name)
        yield from _back(server)

    return {name: kill}


def down(plant: Plant, server: Server) -> Faults:
    name = f"{server.name} down"

    def go_down(_plant: Plant, _dice: random.Random) -> Fault:
        server.is_wanted = False
        server.kill()
        points.hit(plant.folder, name)
        yield plant.pace(DOWN_S)
        server.is_wanted = True
        yield from _back(server)

    return {name: go_down}


def emptied(plant: Plant, server: Server) -> Faults:
    """What waits in the broker is thrown away."""
    name = f"{server.name} emptied"

    def empty(_plant: Plant, _dice: random.Random) -> Fault:
        yield 0.0
        if _is_emptied(server):
            points.hit(plant.folder, name)

    return {name: empty}


def _is_emptied(server: Server) -> bool:
    if isinstance(server, Redis):
        return server.say(b"FLUSHALL").startswith(b"+OK")
    try:
        with current_app.connection_for_write() as link:
            link.default_channel.queue_purge(QUEUE)
            return True
    except BROKER_AWAY:
        return False


def _back(server: Server) -> Fault:
    """Who looks after the plant starts it again."""
    for _look in range(int(READY_S / LOOKS_S)):
        yield LOOKS_S
        if server.answers():
            return
    raise TimeoutError(f"{server.name} doesn't come back.")


def of(plant: Plant) -> Faults:
    found: Faults = {
        **killed(plant, plant.broker),
        **emptied(plant, plant.broker),
        **down(plant, plant.broker),
    }
    if isinstance(plant.database, Server):
        found |= {**killed(plant, plant.database), **down(plant, plant.database)}
    return found
