"""Malformed files of every format: each is refused with a sentence. The campaign also measures their memory."""

from pathlib import Path

import pytest

from benchmarks.reliability.malformed_files import FORMATS, is_fault, outcomes
from benchmarks.reliability.malformed_pictures import EACH


@pytest.mark.parametrize("kind", FORMATS)
def test_fifty_malformed_files_of_each_format_are_refused_with_a_sentence(kind: str, tmp_path: Path) -> None:
    found = list(outcomes(kind, tmp_path))
    assert len(found) == EACH
    # How long each takes is the campaign's business: other work may slow a test down.
    assert [one for one in found if is_fault(one[1], 0.0, one[3])] == []
    sentences = [said for _, said, *_ in found]
    assert [said for said in sentences if not said.endswith((".", "?")) or len(said) > 600] == []
