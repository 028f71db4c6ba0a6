"""The tests of `tests/live/client/test_surprises.py`, replayed, but those that `left_out.py` names."""

from tests.live.client.test_surprises import *  # noqa: F403 -- all of them: a new one is recorded, or left out with a reason
