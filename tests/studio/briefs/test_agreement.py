"""What a brief reports as understood agrees with what it reports as left out."""

from services.studio.briefs.agreement import join_looks, report_unseen
from services.studio.briefs.brief import Brief, LeftOut


def list_report(brief: Brief) -> tuple[list[str], list[tuple[str, str]]]:
    """Lists what is understood, and what is left out with the nearest offer."""
    return list(brief.understood), [(each.words, each.nearest) for each in brief.left_out]


def test_what_is_left_out_is_not_understood_in_a_longer_phrase():
    brief = Brief(understood=("terrace", "sea out of focus"))
    assert list_report(report_unseen(brief, [LeftOut("sea")])) == (
        ["terrace"],
        [("sea out of focus", "")],
    )


def test_a_phrase_of_which_a_part_is_left_out_is_shown_in_part():
    brief = report_unseen(Brief(understood=("marble kitchen counter",)), [LeftOut("marble")])
    assert list_report(brief) == (
        ["marble kitchen counter"],
        [("marble kitchen counter", "kitchen counter")],
    )
    assert brief.in_part == brief.left_out


def test_a_word_that_is_left_out_is_not_mistaken_for_a_part_of_another():
    brief = report_unseen(Brief(understood=("seashells",)), [LeftOut("sea")])
    assert list_report(brief) == (["seashells"], [("sea", "")])


def test_a_noun_that_is_shown_without_its_look_is_one_phrase_that_is_shown_in_part():
    brief = Brief(understood=("Schiefer", "Licht"), left_out=(LeftOut("nassen Schiefer", "slate"),))
    assert list_report(join_looks(brief)) == (
        ["nassen Schiefer", "Licht"],
        [("nassen Schiefer", "slate")],
    )
    assert join_looks(brief).in_part == brief.left_out
