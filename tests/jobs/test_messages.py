"""Lines of JSON with arrays in them."""

import numpy as np
import pytest

from toolkit.jobs.messages import decode, encode


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64", "bool"])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3), (1, 2, 3, 4)])
def test_an_array_comes_back_as_it_was(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(1).integers(0, 2, shape).astype(dtype)
    found = decode(encode({"x": array}))["x"]
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(found, array)


def test_a_turned_array_keeps_its_order() -> None:
    array = np.arange(6).reshape(2, 3).T
    np.testing.assert_array_equal(decode(encode({"x": array}))["x"], array)


def test_numbers_that_are_none_come_back() -> None:
    np.testing.assert_array_equal(decode(encode({"x": np.array([np.nan, np.inf])}))["x"], [np.nan, np.inf])


def test_a_message_is_one_line_whatever_words_it_holds() -> None:
    message = {"words": "two\nlines ✗ 숫자", "list": [{"x": np.ones(2)}, None, 1.5]}
    line = encode(message)
    assert line.count(b"\n") == 1
    found = decode(line)
    assert found["words"] == message["words"]
    np.testing.assert_array_equal(found["list"][0]["x"], [1, 1])
