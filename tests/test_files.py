"""Files are written whole or not at all."""

import pytest

from tfvae import files
from tfvae.schema import UserError


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = files.write_text(tmp_path / "a" / "x.json", "old")

    def fail(name):
        with open(name, "w", encoding="utf-8") as file:
            file.write("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(UserError, match="can't write .*x.json: No space left"):
        files.write(path, fail)
    assert path.read_text() == "old" and list(path.parent.iterdir()) == [path]

    def full(name):
        raise RuntimeError(
            "Unable to write (file write failed: time = now, errno = 28, error message = "
            "'No space left on device', buf = 0x1)"
        )

    with pytest.raises(UserError, match="can't write .*x.json: No space left on device$"):
        files.write(path, full)
    with pytest.raises(UserError, match="can't write"):
        files.write_text(path / "below_a_file.txt", "")
