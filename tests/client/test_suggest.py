"""Did you mean: what is offered for a name that is not known, and in which words."""

import pytest

from mastra_sync.suggest import did_you_mean, nearest_name, nearest_names


def test_the_nearest_name_is_found_in_anything_that_gives_names() -> None:
    """A mapping, an iterator, a list: names come from each."""
    known = {"fetch-weather": 1, "plan-activities": 2}
    assert nearest_name("fetch-wether", known) == "fetch-weather"
    assert nearest_name("fetch-wether", iter(known)) == "fetch-weather"
    assert nearest_name("something else", known) is None


def test_several_names_come_nearest_first() -> None:
    """As many as asked for, the one most alike before the others."""
    assert nearest_names("city-flow", ["city-flow-2", "city-flw", "other"], most=3) == ["city-flw", "city-flow-2"]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (did_you_mean(None), ""),
        (did_you_mean("a"), "; did you mean 'a'?"),
        (did_you_mean("a", "b"), "; did you mean 'a' or 'b'?"),
        (did_you_mean("a", before="", after=" "), "did you mean 'a'? "),
        (did_you_mean("a", before=" ", capital=True), " Did you mean 'a'?"),
        (did_you_mean("a.py", shown=str), "; did you mean a.py?"),
        (did_you_mean("a", "A", shown=str.lower), "; did you mean a?"),
    ],
)
def test_the_question_fits_where_it_stands(question: str, words: str) -> None:
    """After a semicolon, in a sentence of its own, or at the head of one; nothing where there is nothing to offer."""
    assert question == words
