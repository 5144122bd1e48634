"""Reports how things should look and will not: wet, broken, striped, Victorian."""

from collections.abc import Iterable

from services.studio.briefs.meanings import is_silent
from services.studio.briefs.phrases import NounPhrase, Term
from services.studio.briefs.reading import Reading
from services.studio.briefs.vocabulary import load_words


def report_looks(reading: Reading) -> None:
    """Reports each look that no set shows, and counts those that it has anyway as understood.

    Expects that all nouns are read: what is left out as a whole is reported once.
    """
    named = _list_keys(
        each for phrase in reading.phrases for each in phrase.terms if reading.report.is_used(each)
    )
    for phrase in reading.phrases:
        if phrase.negated or phrase in reading.products or _is_left_out(reading, phrase):
            continue
        for term in phrase.terms:
            if not term.find("look") or reading.report.is_read(term):
                continue
            described = _list_keys(each for each in phrase.terms if reading.report.is_used(each))
            if _is_shown(term, described, named):
                reading.report.use(term)
            else:
                _report_look(reading, term, phrase)


def _is_left_out(reading: Reading, phrase: NounPhrase) -> bool:
    """Returns whether the noun of a phrase is reported, or excluded."""
    head = phrase.head
    return head is not None and reading.report.is_read(head) and not reading.report.is_used(head)


def _is_shown(term: Term, described: frozenset[str], named: frozenset[str]) -> bool:
    """Returns whether what a look describes has it anyway, or a named material carries its style.

    described, named: keys of what is understood in its noun phrase, and in the whole brief.
    """
    for meaning in term.meanings:
        if meaning.kind == "look":
            entry = load_words("looks")[meaning.key]
            usual = entry.get("usual", {}).get(term.text, ())
            carried = entry.get("carried", {}).get(term.text, ())
            if not described.isdisjoint(usual) or not named.isdisjoint(carried):
                return True
    return False


def _list_keys(terms: Iterable[Term]) -> frozenset[str]:
    """Lists the kinds, keys and finer keys of all meanings of terms."""
    return frozenset(
        key
        for term in terms
        for meaning in term.meanings
        for key in (meaning.kind, meaning.key, meaning.detail)
    )


def _report_look(reading: Reading, term: Term, phrase: NounPhrase) -> None:
    """Reports a look with the noun that is shown without it, or with the looks next to it."""
    head, i = phrase.head, phrase.terms.index(term)
    following = phrase.terms[i + 1 :]
    if head is not None and head in following and reading.report.is_used(head):
        kept = following[: following.index(head) + 1]
        plain = [each.text for each in kept if not each.find("look") and not is_silent(each)]
        reading.report.leave_out(term, head, " ".join(plain))
        return
    last = term
    for each in following:
        if not each.find("look") or reading.report.is_read(each):
            break
        last = each
    reading.report.leave_out(term, last)
