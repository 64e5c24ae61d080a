import struct
import zipfile

import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.data import bench_table
from tests.data import bench_tables


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    bench_tables.write(folder / "nas_bench_201")
    return bench_table.read(folder)


def test_rows_are_in_the_order_of_their_codes(table):
    ops = np.array([[0, 0, 0, 0, 0, 3], [3, 3, 3, 3, 3, 3], [0, 1, 0, 0, 0, 0]])
    codes = table.codes(ops, bench_tables.NAMES)
    assert codes.tolist() == [3, 11718, 625]
    np.testing.assert_allclose(table.validation[12][codes], [0.38, 0.78, 0.33])
    np.testing.assert_allclose(table.test[codes], [0.49, 0.89, 0.44])
    assert table.seconds(200)[codes].tolist() == [1400, 3400, 1100]
    assert table.seconds(12)[codes].tolist() == [84, 204, 66]
    assert table.all_ops()[codes].tolist() == ops.tolist()


def test_operations_are_told_apart_by_name(table):
    names = tuple(reversed(bench_tables.NAMES))
    assert table.codes(np.array([4, 4, 4, 4, 4, 1]), names) == 3


def test_a_single_run_and_the_mean_in_place_of_a_missing_one(table):
    mean = table.rewards(200)
    np.testing.assert_allclose(table.rewards(200, 1), mean - 0.01)
    np.testing.assert_allclose(table.rewards(200, 2), mean + 0.01)
    assert np.isnan(table.runs[:, 2]).sum() == 7813
    np.testing.assert_allclose(table.rewards(200, 3), mean)


def test_equal_architectures_have_the_same_rank(table):
    assert table.ranks[11718] == 1
    # Six architectures have a 1x1 convolution in one place.
    second = np.flatnonzero(table.ranks == 2)
    assert len(second) == 6
    assert sorted(set(table.ranks.tolist()))[:3] == [1, 2, 8]


def test_the_table_of_the_benchmark(shared_data_dir):
    table = bench_table.read(shared_data_dir)
    assert table.ops == bench_tables.NAMES
    best = int(table.test.argmax())
    assert table.ranks[best] == 1
    assert table.test[best] == pytest.approx(0.94373, abs=1e-5)
    assert table.validation[200].max() == pytest.approx(0.91607, abs=1e-5)


BAD = bench_tables.arrays()


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"test_200": None}, "test_200: expected this array, found none"),
        ({"ops": BAD["ops"][:-1]}, r"ops: expected integers of .*\(15624, 6\)"),
        ({"ops": BAD["ops"] // 2}, "ops: expected each architecture once"),
        ({"ops": BAD["ops"] + 1}, "ops: expected numbers from 0 to 4, found 1"),
        ({"op_names": np.array(["a"] * 5)}, "op_names: expected 5 names"),
        ({"op_names": np.arange(5)}, "op_names: expected texts, found int64"),
        ({"valid_12": BAD["valid_12"][:3]}, r"valid_12: .*\(15625,\).*\(3,\)"),
        (
            {"valid_12": BAD["valid_12"] * 2},
            "valid_12: expected numbers from 0",
        ),
        ({"valid_12": BAD["valid_12"] * np.nan}, "valid_12: .*others among"),
        ({"train_seconds_200": -BAD["valid_12"]}, "numbers from 0.001 to 1000"),
        ({"valid_200": np.array(["x"] * 15625)}, "valid_200: .* found <U1 of"),
        ({"valid_200": np.array([None])}, "expected a file of numpy arrays"),
    ],
)
def test_a_table_of_another_form(changes, message, tmp_path):
    bench_tables.write(tmp_path, **changes)
    with pytest.raises(errors.RequestError, match=message) as error:
        bench_table.read(tmp_path)
    assert "--data_dir" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04no archive", b"text"])
def test_a_damaged_file(content, tmp_path):
    (tmp_path / "cifar10.npz").write_bytes(content)
    with pytest.raises(errors.RequestError, match="found a damaged file"):
        bench_table.read(tmp_path)


def test_an_array_that_says_it_has_terabytes(tmp_path):
    file = bench_tables.write(tmp_path) / "cifar10.npz"
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (%d,)}"
    text = (header % 10**12).encode() + b"\n"
    content = b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("more.npy", content)
    with pytest.raises(errors.RequestError, match="found a damaged file"):
        bench_table.read(tmp_path)


def test_a_single_array(tmp_path):
    with open(tmp_path / "cifar10.npz", "wb") as stream:
        np.save(stream, np.zeros(3))
    with pytest.raises(errors.RequestError, match="expected"):
        bench_table.read(tmp_path)


@pytest.mark.parametrize("folder", [None, "nowhere"])
def test_no_table(folder):
    with pytest.raises(errors.RequestError, match="as --data_dir"):
        bench_table.read(folder)
