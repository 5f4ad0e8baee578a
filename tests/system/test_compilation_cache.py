"""Compiled programs are kept in a folder of this machine's own, which stays small and may be missing or damaged."""

import os
from pathlib import Path

import pytest

from toolkit.system import compilation_cache
from toolkit.system.compilation_cache import cache_folder, clear_compilation_cache, use_compilation_cache

FLAG = "--tf_xla_persistent_cache_directory="


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder of Keras with nothing in it, and no flags."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("TF_XLA_FLAGS", "")
    return tmp_path


def test_tensorflow_is_told_of_a_folder_for_its_version_and_this_processor(home: Path) -> None:
    use_compilation_cache()
    assert os.environ["TF_XLA_FLAGS"] == f"{FLAG}{cache_folder()}"
    assert cache_folder().is_dir()
    assert cache_folder().parent == home / "xla"
    assert cache_folder().name.startswith("2.21.")


def test_another_processor_or_number_of_threads_has_another_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    here = cache_folder()
    monkeypatch.setattr(compilation_cache, "cores", lambda: 64)
    more_threads = cache_folder()
    monkeypatch.setattr(compilation_cache, "_processor_features", lambda: "flags : sse avx512_of_tomorrow")
    assert len({here, more_threads, cache_folder()}) == 3
    assert cache_folder() == cache_folder()


def test_what_the_user_says_to_tensorflow_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_auto_jit=1")
    use_compilation_cache()
    assert os.environ["TF_XLA_FLAGS"] == f"--tf_xla_auto_jit=1 {FLAG}{cache_folder()}"

    monkeypatch.setenv("TF_XLA_FLAGS", f"{FLAG}/of/my/own")
    use_compilation_cache()
    assert os.environ["TF_XLA_FLAGS"] == f"{FLAG}/of/my/own"


def test_where_no_folder_can_be_made_there_is_no_cache(home: Path) -> None:
    (home / "xla").write_text("a file in its place")
    use_compilation_cache()
    assert os.environ["TF_XLA_FLAGS"] == ""


def test_the_oldest_programs_are_forgotten_once_they_take_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation_cache, "_MOST_BYTES", 250)
    cache_folder().mkdir(parents=True)
    for age, name in enumerate(["newest", "middle", "oldest"]):
        file = cache_folder() / f"xla_compile_cache_{name}"
        file.write_bytes(bytes(100))
        os.utime(file, (1000 - age, 1000 - age))

    use_compilation_cache()

    assert sorted(file.name for file in cache_folder().iterdir()) == [
        "xla_compile_cache_middle",
        "xla_compile_cache_newest",
    ]


def test_clearing_deletes_programs_and_nothing_else() -> None:
    clear_compilation_cache()  # nothing there yet
    use_compilation_cache()
    (cache_folder() / "xla_compile_cache__1__2__XLA_CPU_JIT.pb").touch()
    (cache_folder() / "notes.txt").touch()

    clear_compilation_cache()

    assert [file.name for file in cache_folder().iterdir()] == ["notes.txt"]
