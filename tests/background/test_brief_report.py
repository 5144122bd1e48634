"""Briefs are reported with the words that the set shows and those that it leaves out."""

import pytest

from services.background.engines.studio.brief_report import warn_about_brief
from services.studio.briefs.brief import Brief, LeftOut

DRAGON, CASTLE = LeftOut("stone dragon"), LeftOut("castle", nearest="rock")


def test_a_brief_that_is_shown_whole_gets_no_warning():
    assert warn_about_brief(Brief(understood=("marble", "table"))) == ()


def test_words_left_out_are_named_with_the_nearest_offer():
    (warning,) = warn_about_brief(Brief(understood=("forest",), left_out=(DRAGON, CASTLE)))
    assert warning.reason == "PROMPT_PARTLY_UNDERSTOOD"
    assert '"stone dragon", "castle" (nearest: rock)' in warning.message
    assert warning.left_out == (("stone dragon", ""), ("castle", "rock"))


def test_a_brief_of_unknown_words_is_not_understood_and_names_them():
    (warning,) = warn_about_brief(Brief(left_out=(DRAGON,)))
    assert warning.reason == "PROMPT_NOT_UNDERSTOOD"
    assert warning.left_out == (("stone dragon", ""),)


@pytest.mark.parametrize(("language", "named"), [("", True), ("en", False)])
def test_only_warnings_about_an_unread_language_list_those_that_are_read(language, named):
    (warning,) = warn_about_brief(Brief(language=language))
    assert ("German" in warning.message) == named
