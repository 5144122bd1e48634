"""Collects what of a brief is understood and what is left out, in the words of the user."""

from collections.abc import Sequence

from services.studio.briefs.brief import LeftOut
from services.studio.briefs.meanings import is_silent
from services.studio.briefs.phrases import NounPhrase, Term


class ReadingReport:
    """The words of a brief that have an effect, and those that have none.

    exclusions: what is not to be seen, such as "no people".
    """

    def __init__(self, prompt: str, phrases: Sequence[NounPhrase]) -> None:
        """Starts with nothing.

        prompt: as typed. phrases: its noun phrases.
        """
        self.exclusions: list[str] = []
        self._prompt, self._phrases = prompt, phrases
        self._used: list[tuple[int, int]] = []
        self._reported: list[tuple[int, int]] = []
        self._left_out: list[tuple[int, LeftOut]] = []

    def use(self, *terms: Term) -> None:
        """Counts terms as understood."""
        self._used += [(term.start, term.end) for term in terms]

    def drop(self, term: Term) -> None:
        """Counts a term as neither understood nor left out, as what it names is excluded."""
        self._reported.append((term.start, term.end))

    def retract(self, first: Term, last: Term) -> None:
        """Counts the terms from one to another no longer as understood."""
        start, end = min(first.start, last.start), max(first.end, last.end)
        self._used = [span for span in self._used if not (start <= span[0] and span[1] <= end)]

    def leave_out(self, first: Term, last: Term, nearest: str = "") -> None:
        """Reports the words from one term to another as left out.

        nearest: what the studio offers in their place, in words; empty: nothing.
        """
        start, end = min(first.start, last.start), max(first.end, last.end)
        self._reported.append((start, end))
        self._left_out.append((start, LeftOut(self.cut([first, last]), nearest)))

    def is_used(self, term: Term) -> bool:
        """Returns whether a term counts as understood."""
        return (term.start, term.end) in self._used

    def is_read(self, term: Term) -> bool:
        """Returns whether a term is understood or reported."""
        spans = (*self._used, *self._reported)
        return any(start <= term.start and term.end <= end for start, end in spans)

    def cut(self, terms: Sequence[Term]) -> str:
        """Returns the words of terms as typed, without function words around them."""
        return cut_text(self._prompt, [term for term in terms if not is_silent(term)] or terms)

    def list_understood(self) -> tuple[str, ...]:
        """Lists the words that have an effect, those of a noun phrase together."""
        spans: list[tuple[int, int]] = []
        for phrase in self._phrases:
            is_open = False
            for term in phrase.terms:
                if self.is_used(term):
                    start, end = spans.pop() if is_open else (term.start, term.end)
                    spans.append((min(start, term.start), max(end, term.end)))
                    is_open = True
                elif not is_silent(term):
                    is_open = False
        words = [self._prompt[start:end] for start, end in spans]
        return tuple(dict.fromkeys([*words, *self.exclusions]))

    def list_left_out(self) -> tuple[LeftOut, ...]:
        """Lists what is left out, in the brief's order; all of it where nothing has an effect."""
        ordered = sorted(self._left_out, key=lambda item: item[0])
        found = dict.fromkeys(each for _, each in ordered)
        if found or self._used or self.exclusions:
            return tuple(found)
        return tuple(LeftOut(self.cut(phrase.terms)) for phrase in self._phrases)


def cut_text(text: str, terms: Sequence[Term]) -> str:
    """Returns the part of a text that terms span; translated ones may be in another order."""
    return text[min(term.start for term in terms) : max(term.end for term in terms)]
