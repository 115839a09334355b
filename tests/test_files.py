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


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    with pytest.raises(RuntimeError, match="half"), files.hidden_folder(tmp_path) as folder:
        (folder / "a").write_text("half")
        assert folder.parent == tmp_path and folder.name.startswith(".")
        raise RuntimeError("half")
    assert list(tmp_path.iterdir()) == []
    with files.hidden_folder(tmp_path / "runs") as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "a").write_text("whole")
        # Made empty beforehand to hold the name.
        (tmp_path / "runs" / "run").mkdir()
        published = files.publish(folder, tmp_path / "runs" / "run", flush=True)
    assert published == tmp_path / "runs" / "run"
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["run"]
    assert (published / "sub" / "a").read_text() == "whole"
    assert published.stat().st_mode & 0o777 == 0o755


def test_a_published_folder_replaces_nothing(tmp_path):
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "model").write_text("first")
    with pytest.raises(OSError, match="not empty"), files.hidden_folder(tmp_path) as folder:
        (folder / "model").write_text("second")
        files.publish(folder, tmp_path / "1")
    assert [path.name for path in tmp_path.iterdir()] == ["1"]
    assert (tmp_path / "1" / "model").read_text() == "first"


def test_leftovers_of_killed_writers_are_removed(tmp_path):
    (tmp_path / ".writing-folder").mkdir()
    (tmp_path / ".writing-folder" / "half").touch()
    (tmp_path / ".writing-file.json").touch()
    (tmp_path / "whole.json").touch()
    with files.hidden_folder(tmp_path) as alive:
        assert [path for path in tmp_path.iterdir() if path.is_dir()] == [alive]
        files.write_text(tmp_path / "whole.json", "")
        assert alive.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["whole.json"]
