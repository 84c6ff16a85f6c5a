"""Exams for implementations of anyhub's protocols, for ours and for yours.

Derive a test class from a suite, give it the fixture that it names, and run pytest::

    class TestMyHub(HubSuite):
        @pytest.fixture
        def hub(self):
            return MyHub()

Needs pytest.
"""

from anyhub.testing.hub_suite import HubSuite
from anyhub.testing.store_suite import StoreSuite

__all__ = ["HubSuite", "StoreSuite"]
