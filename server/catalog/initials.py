"""Pinyin initials of Chinese names, so that people find 不锈钢垫片 by typing `bxgdp`."""

import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

FIRST: Final = 0x4E00
MAX_LENGTH: Final = 60


@lru_cache(16_384)  # an import asks three times for each name
def initials(name: str) -> str:
    """The initials of a name that holds Chinese, its letters and digits kept: `M6螺丝` is `m6ls`.

    Empty for other names: they are found by their own letters.
    """
    singles, phrases, longest = _readings()
    text = unicodedata.normalize("NFKC", name).lower()
    found: list[str] = []
    has_chinese, position = False, 0
    while position < len(text):
        character = text[position]
        if (letter := singles.get(character)) is None:
            found.append(character if character.isascii() and character.isalnum() else "")
            position += 1
            continue
        has_chinese = True
        phrase = _phrase_at(text, position, phrases, longest[character]) if character in longest else ""
        found.append(phrases[phrase] if phrase else letter)
        position += len(phrase) or 1
    return "".join(found)[:MAX_LENGTH] if has_chinese else ""


def _phrase_at(text: str, position: int, phrases: dict[str, str], longest: int) -> str:
    """The longest phrase that begins here, or nothing."""
    for length in range(min(longest, len(text) - position), 1, -1):
        if (part := text[position : position + length]) in phrases:
            return part
    return ""


@cache
def _readings() -> tuple[dict[str, str], dict[str, str], dict[str, int]]:
    """Characters alone, phrases read otherwise, and how long those of a first character get.

    The file is written by scripts/pinyin_initials.py, which tells what stands in it.
    """
    table, *lines = Path(__file__).with_name("initials.txt").read_text("utf-8").splitlines()
    singles = {chr(FIRST + index): letter.strip(".") for index, letter in enumerate(table)}
    phrases = {phrase: letters for phrase, _, letters in (line.partition(" ") for line in lines)}
    longest: dict[str, int] = {}
    for phrase in phrases:
        longest[phrase[0]] = max(longest.get(phrase[0], 0), len(phrase))
    return singles, phrases, longest
