"""Whatever lies where a small text file should be is told in one line, with its name."""

import os

import pytest

from tfvae import reading
from tfvae.schema import UserError


def told(read, path):
    with pytest.raises(UserError) as caught:
        read(path)
    message = str(caught.value)
    assert str(path) in message and "\n" not in message and len(message) < len(str(path)) + 200
    return message


READERS = [reading.read_json, reading.read_yaml, lambda path: reading.read_table(path, 3)]


@pytest.fixture(params=READERS, ids=["json", "yaml", "csv"])
def read(request):
    return request.param


def test_what_is_no_regular_file_is_not_opened(read, tmp_path):
    """A named pipe would be waited for."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    assert "isn't a regular file" in told(read, tmp_path / "pipe")
    assert "isn't a regular file" in told(read, tmp_path / "folder")
    assert "Too many levels of symbolic links" in told(read, tmp_path / "loop")
    assert "No such file" in told(read, tmp_path / "absent")


def test_what_is_no_text_in_utf8(read, tmp_path):
    for content, problem in [(b"a: \xff", "UTF-8"), (b"a\0b", "NUL"), ("a".encode("utf-16"), "")]:
        (tmp_path / "file").write_bytes(content)
        assert problem in told(read, tmp_path / "file")


def test_a_mark_of_byte_order_is_left_out(tmp_path):
    (tmp_path / "file").write_text("[1, 2]", encoding="utf-8-sig")
    assert reading.read_json(tmp_path / "file", list[int]) == [1, 2]
    assert reading.read_yaml(tmp_path / "file") == [1, 2]


def test_sizes_are_bounded(tmp_path):
    (tmp_path / "file").write_text("1" * 1000)
    assert len(reading.read_text(tmp_path / "file", most_bytes=1000)) == 1000
    assert "larger than 999 bytes" in told(lambda p: reading.read_text(p, 999), tmp_path / "file")


@pytest.mark.parametrize(
    "text, problem",
    [
        ("", "EOF"),
        ('{"a": 1', "EOF"),
        ("[1]", "got [1]"),
        ('{"a":' + "[" * 100_000, "recursion"),
        ('{"a": ' + "1" * 5000 + "}", "out of range"),
    ],
)
def test_bad_json(tmp_path, text, problem):
    (tmp_path / "file.json").write_text(text)
    assert problem in told(reading.read_json, tmp_path / "file.json")


def test_what_a_schema_lacks_is_named_with_its_place(tmp_path):
    (tmp_path / "file.json").write_text('{"a": {"b": [1, "x"]}}')
    message = told(
        lambda p: reading.read_json(p, dict[str, dict[str, list[int]]]), tmp_path / "file.json"
    )
    assert "a.b.1: input should be a valid integer" in message and message.endswith("got 'x'")


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    "text, problem",
    [
        ("a: [1", "not valid YAML"),
        ("a: &a [*a]", "aliases"),
        (BOMB, "aliases"),
        ("[" * 5000, "nested too deeply"),
        ("a: " + "1" * 5000, "5,000 digits"),
        ("a: 0x" + "f" * 5000, "digits"),
        ("a: 2001-02-30", "not valid YAML"),
        ("? [1]\n: 2", "not valid YAML"),
        ("!!python/object/apply:os.getcwd []", "not valid YAML"),
    ],
)
def test_bad_yaml(tmp_path, text, problem):
    (tmp_path / "file.yaml").write_text(text)
    assert problem in told(reading.read_yaml, tmp_path / "file.yaml")


@pytest.mark.parametrize(
    "text, problem",
    [
        ("a,b,c\n1,2,3,4\n", "line 2: 4 columns, at most 3"),
        ('a,b\n1,"2\n', "line 2"),
        ("a,b\n1," + "2" * 200_000, "line 2: not readable as CSV: field larger"),
    ],
)
def test_bad_csv(tmp_path, text, problem):
    (tmp_path / "file.csv").write_text(text)
    assert problem in told(READERS[-1], tmp_path / "file.csv")
