"""Whose zod the fakes of a suite speak as."""

from __future__ import annotations

from tests.suites_in_folders import RunSuite

SUITE = """
    import dataclasses
    import pytest

    def test_fixture(mastra_server):
        assert mastra_server.generation.zod.name == "4.3"

    def test_factory(mastra_server_factory):
        assert mastra_server_factory().generation.zod.name == "4.3"
        assert mastra_server_factory(zod="4.6").generation.zod.name == "4.6"

    class TestItsOwn:
        @pytest.fixture
        def mastra_config(self, mastra_config):
            return dataclasses.replace(mastra_config, zod="4.6")

        def test_config(self, mastra_server):
            assert mastra_server.generation.zod.name == "4.6"
"""


def test_a_suite_says_whose_zod_its_fakes_speak_as(run_suite: RunSuite) -> None:
    """By an option or ini key for all, by `mastra_config` or the factory for some."""
    run_suite(SUITE, "-o", "mastra_zod=4.3").assert_outcomes(passed=3)
