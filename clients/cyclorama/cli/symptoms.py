"""What the doctor finds."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Symptom:
    """One thing that was looked at: what was found, and what to do about it.

    state: "ok"; "note", something that works without, or worse; "bad", something without which
    no ad can be made here.
    """

    name: str
    state: Literal["ok", "note", "bad"]
    found: str
    advice: str = ""
