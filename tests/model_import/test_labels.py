"""Class names from labels.txt, as Teachable Machine and others write it."""

import pytest

from toolkit.errors import DataError
from toolkit.model_import.labels import read_labels


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"0 Cat\n1 Dog\n", ("Cat", "Dog")),
        (b"0 Class 1\r\n1 Class 2", ("Class 1", "Class 2")),
        (b"\xef\xbb\xbfcat\ndog\n\n", ("cat", "dog")),
        ("0 Käse\n1 Brot\n2 3 Eier".encode(), ("Käse", "Brot", "3 Eier")),
        (b"7 up\n1 Dog", ("7 up", "1 Dog")),
        (b"0\n1\n2", ("0", "1", "2")),
    ],
)
def test_names_are_read_without_the_numbers_that_count_them(content: bytes, names: tuple[str, ...]) -> None:
    assert read_labels(content) == names


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "2 to 10,000 names, one a line. Received: 0."),
        (b"0 Cat", "2 to 10,000 names, one a line. Received: 1."),
        (b"0 Cat\n1 Cat", "names that differ. Received: Cat twice."),
        (b"\xff\xfe0\x00", "a text in UTF-8. Received: bytes that are none."),
        (b"a\n" + b"x" * 200, "names of at most 100 printable letters. Received: "),
        (b"a\n\x1b[31mred", "names of at most 100 printable letters. Received: "),
        (b"a\n" * 200_000, "at most 200,000 bytes. Received: 400,000 bytes or more."),
    ],
)
def test_what_is_no_list_of_names_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(DataError) as caught:
        read_labels(content)
    assert str(caught.value).startswith(f"labels.txt must hold {why}")
    assert str(caught.value).endswith("Write one class name a line.")
    assert str(caught.value).isprintable()
