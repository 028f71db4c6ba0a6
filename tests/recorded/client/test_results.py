"""The tests of `tests/live/client/test_results.py`, replayed, but those that `left_out.py` names."""

from tests.live.client.test_results import *  # noqa: F403 -- all of them: a new one is recorded, or left out with a reason
