"""Which of several named arrays are the rows and which the labels, and of which part: `x_train`, `test_labels`, `X`."""

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import chain

from ..formatting import shortened
from .part_names import PART_WORDS, part_of_word, words_of

#: Words for rows and for labels, the likeliest first.
_WORDS = {
    "x": ("x", "images", "image", "imgs", "img", "pictures", "pixels", "data", "features", "inputs", "samples"),
    "y": ("y", "labels", "label", "lbls", "targets", "target", "class"),
}
#: Words of arrays that describe the others: `target_names`.
_DESCRIBING = frozenset({"name", "names", "description", "descr", "ids", "path", "paths", "filenames"})
_FILLERS = frozenset({"set", "arr", "array", "np"})
_PARTS = {"train": "train", "validation": "val", "test": "test"}
#: Short words for parts, which would mean languages in the names of folders.
_SHORT = {"tr": "train", "te": "test"}
#: `xtrain` and `trainlabels` are two words.
_GLUED = re.compile("|".join(sorted(chain(*PART_WORDS.values(), _SHORT), key=len, reverse=True)))
#: What the arrays' roles are called, in the order of `RawData`.
ROLES = ("x_train", "y_train", "x_test", "y_test", "x_val", "y_val")


def choose_arrays(names: Collection[str], *, like: str | None = None) -> dict[str, str] | None:
    """Role -> the name of the array that has it; None if there are no rows with labels to train with.

    like: one of the names; only those are chosen that differ from it in part and content alone, as
    `cats_x_train` and `cats_y_test` do.
    Keras's names count before all others. Rows without labels are left out.
    """
    if like is None:
        for standard in (ROLES, ROLES[:4], ("x", "y")):
            if {*standard} <= {*names}:
                return dict(zip(ROLES, standard, strict=False))
    sets: dict[str, dict[tuple[str, str], str]] = {}
    for name in sorted(names, key=_likelihood):
        if found := _parse(name):
            data, part, kind = found
            sets.setdefault(data, {}).setdefault((part, kind), name)
    wanted = _parse(like) if like is not None else None
    if like is not None and wanted is None:
        return None
    for data in [wanted[0]] if wanted else sorted(sets, key=len):
        if roles := dict(_roles(sets[data])):
            return roles
    return None


def describe_choice(where: str, roles: Mapping[str, str], names: Collection[str]) -> tuple[str, ...]:
    """A note that says which arrays were read; none if they have Keras's names."""
    if all(role == name or role == f"{name}_train" for role, name in roles.items()):
        return ()
    read = ", ".join(f"{name} as {role}" if name != role else name for role, name in roles.items())
    others = sorted({*names} - {*roles.values()})
    rest = f" Not read: {shortened(', '.join(others), 200)}." if others else ""
    return (f"Read from {where}: {read}.{rest}",)


def _roles(found: Mapping[tuple[str, str], str]) -> Iterator[tuple[str, str]]:
    parts = dict(_PARTS)
    if ("train", "x") not in found or ("train", "y") not in found:
        parts = {"": "train", **{part: role for part, role in parts.items() if part != "train"}}
        if ("", "x") not in found or ("", "y") not in found:
            return
    for part, role in parts.items():
        if (part, "x") in found and (part, "y") in found:
            yield f"x_{role}", found[part, "x"]
            yield f"y_{role}", found[part, "y"]


def _parse(name: str) -> tuple[str, str, str] | None:
    """What else the name says, its part and its kind; None if it names neither rows nor labels."""
    words = [word for one in words_of(name) for word in _unglued(one)]
    if _DESCRIBING & {*words}:
        return None
    kinds = [kind for word in words for kind in ("x", "y") if word in _WORDS[kind]]
    parts = {part for word in words if (part := _part_of(word))}
    if not kinds or len(parts) > 1:
        return None
    known = {*_WORDS["x"], *_WORDS["y"], *_FILLERS}
    data = "-".join(word for word in words if word not in known and not _part_of(word))
    return data, (parts or {""}).pop(), "y" if "y" in kinds else "x"


def _part_of(word: str) -> str | None:
    return _SHORT.get(word) or part_of_word(word)


def _unglued(word: str) -> list[str]:
    """`xtrain` as x and train; other words as they are."""
    for part in _GLUED.findall(word):
        before, _, after = word.partition(part)
        rest = before or after
        if not (before and after) and any(rest in words for words in _WORDS.values()):
            return [before, part] if before else [part, after]
    return [word]


def _likelihood(name: str) -> tuple[int, str]:
    """Sorts names with likelier words before others."""
    order = [*_WORDS["x"], *_WORDS["y"]]
    places = [order.index(word) for one in words_of(name) for word in _unglued(one) if word in order]
    return min(places, default=len(order)), name
