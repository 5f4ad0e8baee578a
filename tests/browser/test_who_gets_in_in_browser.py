"""Who can open the dashboard: only this machine, or the room's browsers if the teacher allows it."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from driving import DEADLINE, Dashboard, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(5 * DEADLINE)]

Visit = Callable[..., Visitor]
#: Another address of this machine, as in the room's network. Linux answers to all addresses that begin with 127.
FROM_THE_ROOM = "127.0.0.2"


@pytest.fixture
def own_dashboard(tmp_path: Path) -> Iterator[Dashboard]:
    """Start the dashboard as for a class, and open it from the room."""
    server = Dashboard(tmp_path / "runs", host=FROM_THE_ROOM, options=("--server.address", "0.0.0.0"))
    server.start()
    yield server
    server.stop()


def test_nobody_gets_in_from_the_room_unless_asked(dashboard: Dashboard) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((FROM_THE_ROOM, dashboard.port), timeout=DEADLINE)


def test_a_browser_of_the_room_gets_in_and_trains(visit: Visit, own_dashboard: Dashboard) -> None:
    visitor = visit(own_dashboard)
    visitor.set_up_small()
    run = visitor.start()
    visitor.wait_for_state("finished")
    assert run.state == "finished"
