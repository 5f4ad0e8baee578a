"""What Keras fetches: from a server on this machine, from Keras's folder, and without a connection."""

import gzip
import hashlib
import io
import pickle
import struct
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from test_idx import idx

from toolkit.datasets import DATASETS, cifar10, downloads, fashion_mnist, load_dataset
from toolkit.errors import DataError

RANDOM = np.random.default_rng(0)
ROWS = 20


@pytest.fixture(autouse=True)
def keras_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keras's folder of data sets, empty."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras" / "datasets"


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address under which a server on this machine offers what is in it."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def fashion_files() -> dict[str, bytes]:
    """The four files, much shorter."""
    pictures = RANDOM.integers(0, 256, (ROWS, 28, 28), np.uint8)
    arrays = {"images-idx3": pictures, "labels-idx1": (np.arange(ROWS) % 10).astype(np.uint8)}
    return {
        f"{part}-{what}-ubyte.gz": gzip.compress(idx(arrays[what])) for part in ("train", "t10k") for what in arrays
    }


class _Python2(pickle._Pickler):
    """Pickles as Python 2 and NumPy 1 did, with which the files were made: text is bytes, and NumPy has a core."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    @classmethod
    def dumps(cls, values: object) -> bytes:
        content = io.BytesIO()
        cls(content, protocol=2).dump(values)
        return content.getvalue().replace(b"numpy._core", b"numpy.core")

    def save_text(self, value: str | bytes) -> None:
        text = value if isinstance(value, bytes) else value.encode()
        self.write(b"U" + bytes([len(text)]) + text if len(text) < 256 else b"T" + struct.pack("<i", len(text)) + text)
        self.memoize(value)

    dispatch[bytes] = dispatch[str] = save_text


@pytest.fixture
def cifar_batches(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The six files as their makers pickled them, much shorter; their sums stand in for the published ones."""
    batches = {}
    for name in cifar10.BATCHES:
        values = {b"data": RANDOM.integers(0, 256, (ROWS, 3072), np.uint8), b"labels": [n % 10 for n in range(ROWS)]}
        batches[name] = _Python2.dumps(values)
    monkeypatch.setattr(
        cifar10, "BATCHES", {name: hashlib.md5(content).hexdigest() for name, content in batches.items()}
    )
    return batches


def archive(batches: dict[str, bytes]) -> bytes:
    """The archive that holds them."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, batch in batches.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(batch)
            tar.addfile(member, io.BytesIO(batch))
    return content.getvalue()


def test_fashion_mnist_is_fetched_once_into_keras_own_folder(
    served: tuple[Path, str], keras_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = served
    for name, content in fashion_files().items():
        (folder / name).write_bytes(content)
    monkeypatch.setattr(fashion_mnist, "URL", address)
    assert DATASETS["fashion_mnist"].missing() is not None

    data = load_dataset("fashion_mnist")
    for name in fashion_files():
        (folder / name).unlink()
    again = load_dataset("fashion_mnist")

    assert (data.x_train.shape, data.y_test.shape, data.class_names[0]) == ((ROWS, 28, 28), (ROWS,), "T-shirt/top")
    np.testing.assert_array_equal(again.x_train, data.x_train)
    assert DATASETS["fashion_mnist"].missing() is None
    assert {path.name for path in (keras_folder / "fashion-mnist").iterdir()} == set(fashion_files())


@pytest.mark.parametrize("unpacked", [False, True])
def test_fashion_mnist_may_be_put_there_by_hand(keras_folder: Path, unpacked: bool) -> None:
    (keras_folder / "fashion-mnist").mkdir(parents=True)
    for name, content in fashion_files().items():
        path = keras_folder / "fashion-mnist" / (name.removesuffix(".gz") if unpacked else name)
        path.write_bytes(gzip.decompress(content) if unpacked else content)
    assert len(load_dataset("fashion_mnist").x_train) == ROWS


def test_cifar10_is_fetched_and_checked_against_its_published_sum(
    served: tuple[Path, str], keras_folder: Path, cifar_batches: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, address = served
    content = archive(cifar_batches)
    (folder / "cifar-10-python.tar.gz").write_bytes(content)
    monkeypatch.setattr(cifar10, "URL", f"{address}cifar-10-python.tar.gz")
    with pytest.raises(
        DataError, match=r"can't be fetched \(the download is not the published file: its SHA-256 differs\)"
    ):
        load_dataset("cifar10")
    assert list(keras_folder.iterdir()) == []

    monkeypatch.setattr(cifar10, "SHA256", hashlib.sha256(content).hexdigest())
    data = load_dataset("cifar10")

    assert (data.x_train.shape, data.x_test.shape) == ((5 * ROWS, 32, 32, 3), (ROWS, 32, 32, 3))
    first = pickle.loads(cifar_batches["data_batch_1"].replace(b"numpy.core", b"numpy._core"), encoding="bytes")
    np.testing.assert_array_equal(data.x_train[0, :, :, 1].ravel(), first[b"data"][0, 1024:2048])
    assert data.y_train[:ROWS].tolist() == first[b"labels"]
    assert data.class_names[:2] == ("airplane", "automobile")
    # The name under which Keras looks for it.
    assert [path.name for path in keras_folder.iterdir()] == ["cifar-10-batches-py-target_archive"]


@pytest.mark.parametrize(
    "name", ["cifar-10-python.tar.gz", "cifar-10-batches-py-target_archive", "cifar-10-batches-py.tar.gz"]
)
def test_the_archive_of_cifar10_may_be_put_there_by_hand(
    keras_folder: Path, cifar_batches: dict[str, bytes], name: str
) -> None:
    keras_folder.mkdir(parents=True)
    (keras_folder / name).write_bytes(archive(cifar_batches))
    assert DATASETS["cifar10"].missing() is None
    assert len(load_dataset("cifar10").x_train) == 5 * ROWS


@pytest.mark.parametrize("name", ["cifar-10-batches-py-target/cifar-10-batches-py", "cifar-10-batches-py"])
def test_the_unpacked_folder_of_cifar10_is_taken_too(
    keras_folder: Path, cifar_batches: dict[str, bytes], name: str
) -> None:
    (keras_folder / name).mkdir(parents=True)
    for batch, content in cifar_batches.items():
        (keras_folder / name / batch).write_bytes(content)
    assert len(load_dataset("cifar10").x_test) == ROWS


def test_a_batch_that_is_not_the_published_one_is_never_unpickled(
    keras_folder: Path, cifar_batches: dict[str, bytes]
) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return pytest.fail, ("unpickled",)

    keras_folder.mkdir(parents=True)
    path = keras_folder / "cifar-10-python.tar.gz"
    path.write_bytes(archive({**cifar_batches, "data_batch_2": pickle.dumps(Trap())}))
    with pytest.raises(DataError) as caught:
        load_dataset("cifar10")
    assert str(caught.value) == (
        f"cifar10: data_batch_2 in {path} is not the published file, by its MD5 sum. Delete it and fetch it again."
    )


def test_a_torn_archive_is_explained(keras_folder: Path, cifar_batches: dict[str, bytes]) -> None:
    keras_folder.mkdir(parents=True)
    path = keras_folder / "cifar-10-python.tar.gz"
    path.write_bytes(archive(cifar_batches)[:5000])
    with pytest.raises(DataError, match=r"^cifar10 can't be read from .+ \(.+\)\. Delete it and fetch it again\.$"):
        load_dataset("cifar10")


@pytest.mark.parametrize(
    ("name", "module", "url", "place"),
    [
        ("cifar10", cifar10, "{}cifar-10-python.tar.gz", "cifar-10-python.tar.gz"),
        ("fashion_mnist", fashion_mnist, "{}", "fashion-mnist/train-images-idx3-ubyte.gz"),
    ],
)
def test_without_a_connection_it_says_what_needs_none_and_where_to_put_the_file(
    keras_folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: object, url: str, place: str
) -> None:
    nobody = "http://127.0.0.1:9/"
    monkeypatch.setattr(module, "URL", url.format(nobody))
    with pytest.raises(DataError) as caught:
        load_dataset(name)
    assert str(caught.value) == (
        f"{name} is not on this machine and can't be fetched ([Errno 111] Connection refused). mnist, digits, iris, "
        f"wine and breast_cancer need no connection. Or get {nobody}{Path(place).name} elsewhere and put it at "
        f"{keras_folder / place}; or name a file of your own: --dataset FILE."
    )


def test_what_needs_no_connection_is_named_in_full() -> None:
    embedded = [name for name, info in DATASETS.items() if info.missing() is None]
    *most, last = embedded
    assert f"{', '.join(most)} and {last}" == downloads._EMBEDDED


def test_a_folder_that_can_not_be_written_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file"))
    with pytest.raises(DataError) as caught:
        load_dataset("cifar10")
    assert str(caught.value) == (
        f"cifar10 can't be kept in {tmp_path / 'file' / 'datasets'} (Not a directory). "
        "Free some space, or name another folder in KERAS_HOME."
    )


def test_keras_own_folder_is_found_as_keras_finds_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert downloads.cache_folder() == tmp_path / ".keras" / "datasets"
