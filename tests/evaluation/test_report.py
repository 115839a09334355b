"""What is written, and that it is written whole."""

import json

import numpy as np
import pytest
from PIL import Image

from tfvae.evaluation import report
from tfvae.evaluation.context import Result
from tfvae.schema import UserError


def result(**changes):
    fields = {
        "values": {"accuracy": np.float32(0.5), "nats": -812.25},
        "intervals": {"accuracy": (0.4, np.float64(0.6))},
        "num_images": np.int64(10),
        "settings": {"strengths": (1.0, np.float32(2)), "limit": None},
        "tables": {
            "Per label": [{"label": "a|b", "accuracy": 0.5}, {"label": "[red]", "real": 0.25}],
            "Nothing": [],
        },
        "notes": ("Beware.",),
    }
    return Result(**{**fields, **changes})


def test_document_is_plain_json():
    document = report.document("m", "saved_models/a/1", "digits", 0, result())
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["settings"] == {"strengths": [1.0, 2.0], "limit": None}
    assert document["num_images"] == 10 and document["intervals"]["accuracy"] == [0.4, 0.6]


@pytest.mark.parametrize(
    "changes",
    [{"values": {"accuracy": float("nan")}}, {"intervals": {"accuracy": (0.0, float("inf"))}}],
)
def test_not_finite_is_an_error_that_names_the_value(changes):
    with pytest.raises(UserError, match="metric m: accuracy"):
        report.document("m", "a", "digits", 0, result(**changes))


def test_markdown_and_printed_table(capsys):
    done = result()
    about = report.document("m", "saved_models/a/1", "digits", 0, done)
    page = report.markdown(done, about, ())
    assert "| accuracy | 0.5000 | [0.4000, 0.6000] |" in page and "| nats | -812.25 |  |" in page
    assert r"| a\|b | 0.5000 |  |" in page and "| [red] |  | 0.2500 |" in page
    assert "* Beware." in page and "Nothing" not in page
    report.print_report(report.Report(done, about, ()))
    printed = capsys.readouterr().out
    assert "0.5000" in printed and "Beware." in printed and "a|b" in printed and "[red]" in printed


def test_animations_are_files_of_the_report(tmp_path):
    frames = np.zeros((3, 8, 8, 3), np.uint8)
    frames[1], frames[2, :4] = 255, (255, 0, 0)
    done = result(animations={"two-ways": frames})
    about = report.document("m", "saved_models/a/1", "digits", 0, done)
    written = report.write(done, about, tmp_path, "a").files
    assert [path.name for path in written] == ["a.json", "a.md", "a-two-ways.gif"]
    assert "![two ways](a-two-ways.gif)" in written[1].read_text()
    with Image.open(written[2]) as image:
        for index, frame in enumerate(frames):
            image.seek(index)
            np.testing.assert_array_equal(np.array(image.convert("RGB")), frame)


def test_file_names_are_safe():
    assert report.file_name("run", "digits", "digits") == "run"
    assert report.file_name("run", "digits", "mnist") == "run-on-mnist"
    assert report.file_name("run", "digits", "folder:/a/../b c") == "run-on-folder_a_.._b_c"
    names = {report.file_name(100 * "r", "digits", f"folder:/{300 * 'é'}/{end}") for end in "ab"}
    assert len(names) == 2 and all(150 < len(name.encode()) <= 200 for name in names)
    assert "/" not in report.file_name("../x", "a", "a") and report.file_name("..", "a", "a")


class Broken:
    axes = ()

    def __init__(self, error):
        self.error = error

    def findobj(self, match):
        return []

    def savefig(self, path, **options):
        raise self.error


@pytest.mark.parametrize("error", [ValueError, RuntimeError, OSError])
def test_a_figure_that_cannot_be_drawn_costs_no_numbers(tmp_path, caplog, error):
    broken = result(figures={"labels": Broken(error("no such glyph"))}, animations={"turn": None})
    stale = tmp_path / "m" / "a-labels.png"
    stale.parent.mkdir()
    stale.touch()
    about = report.document("m", "saved_models/a/1", "digits", 0, broken)
    written = report.write(broken, about, tmp_path, "a")
    assert [path.name for path in written.files] == ["a.json", "a.md"]
    assert json.loads(written.files[0].read_text())["values"]["accuracy"] == 0.5
    assert "the figure labels can't be drawn: no such glyph" in caplog.text
    assert "the figure turn can't be drawn" in caplog.text and not stale.exists()
