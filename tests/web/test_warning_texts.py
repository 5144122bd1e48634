"""What the page says of the warnings on an ad."""

import re
from pathlib import Path

from cyclorama.results import AdWarning
from cyclorama.web.warning_texts import DOUBT, TEXTS, list_warning_texts, word_doubt
from services.runtime.engines import CREDENTIALS_LEFT_OUT, FELL_BACK, NOT_SIGNED

SERVICES = Path(__file__).parents[2] / "services"
# Words of the contract and of engineers, which people who make ads do not use.
FOREIGN = re.compile(r"\b(mask|engine|alpha|prompt|brief|the set|send|parameter|token|steps? of)\b")


def find_reasons() -> set[str]:
    """Returns the reasons of all warnings in the code of the services."""
    code = "".join(path.read_text() for path in SERVICES.rglob("*.py"))
    kinds = {f"{kind}_UNKNOWN" for kind in ("SAMPLER", "SCHEDULER")}
    kinds |= {f"{kind}_CUT" for kind in ("PROMPT", "NEGATIVE_PROMPT")}
    named = set(re.findall(r'EngineWarning\(\s*"([A-Z_]+)"', code))
    return named | kinds | {CREDENTIALS_LEFT_OUT, FELL_BACK, NOT_SIGNED, DOUBT}


def test_every_warning_of_the_services_has_words_of_its_own_on_the_page():
    assert find_reasons() == set(TEXTS)


def test_words_on_the_page_are_those_of_people_who_make_ads():
    assert [text for text in TEXTS.values() if FOREIGN.search(text)] == []
    assert all(text.endswith(".") for text in TEXTS.values())


def test_what_was_found_is_said_without_advice_for_callers_of_the_contract():
    found = "the product's edge is unclear on the left; send a box, points or a mask"
    doubt = AdWarning(DOUBT, found)
    assert list_warning_texts([doubt, doubt]) == [
        "The product's edge is unclear on the left. Look closely, and fix the cut-out where it is "
        "wrong."
    ]
    assert word_doubt([AdWarning("ENLARGED", "twice"), doubt]).endswith("unclear on the left.")
    assert word_doubt([]) == ""


def test_a_warning_of_another_engine_is_said_as_it_is():
    assert list_warning_texts([AdWarning("OTHER", "size: 9 is odd")]) == ["The format 9 is odd."]
