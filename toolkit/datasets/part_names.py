"""How folders, files and arrays are named after the part of a data set that they hold."""

import re

#: Part -> its usual names.
PART_WORDS = {
    "train": ("train", "training", "trn"),
    "test": ("test", "testing", "tst", "t10k"),
    "validation": ("validation", "valid", "val", "dev"),
}
_PART_OF = {word: part for part, words in PART_WORDS.items() for word in words}
_SETS = {f"{word}set": part for word, part in _PART_OF.items()}


def words_of(name: str) -> list[str]:
    """The words of a name in lower case: `Train_Set`, `trainSet` and `train.set` have the same two."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word for word in re.split(r"[\W_]+", spaced.lower()) if word]


def part_of_word(word: str) -> str | None:
    """The part that a word in lower case names: `training`, `testset`; None for another word."""
    return _PART_OF.get(word) or _SETS.get(word)


def part_of(name: str) -> str | None:
    """The part that a name tells: `Training`, `Train_Set`, `seg_test`; None if it tells none, or several."""
    parts = {part for word in words_of(name) if (part := part_of_word(word))}
    return parts.pop() if len(parts) == 1 else None
