"""Exams for implementations of anyhub's protocols, for ours and for yours; and a real hub for tests.

Derive a test class from a suite, give it the fixture that it names, and run pytest::

    class TestMyHub(HubSuite):
        @pytest.fixture
        def hub(self):
            return MyHub()

`running_hub` runs a hub on a loopback port, and the fixture ``anyhub_server`` does so for one test; pytest finds it by
itself once anyhub is installed with the extra ``server``::

    def test_my_upload(anyhub_server):
        my_upload(endpoint=anyhub_server.endpoint, token=anyhub_server.create_user("ann"))

Needs pytest.
"""

from anyhub.testing.accounts_suite import AccountsSuite
from anyhub.testing.channel_suite import ChannelSuite
from anyhub.testing.hub_suite import HubSuite
from anyhub.testing.served_hub_suite import ServedHubSuite
from anyhub.testing.server import running_hub
from anyhub.testing.store_suite import StoreSuite

__all__ = ["AccountsSuite", "ChannelSuite", "HubSuite", "ServedHubSuite", "StoreSuite", "running_hub"]
