"""Folders of small images, for runs on data that may be edited."""

from PIL import Image


def draw_folder(path, count=20):
    """`count` grey images of 8x8 pixels."""
    path.mkdir()
    for number in range(count):
        Image.new("L", (8, 8), 10 * number).save(path / f"{number:02}.png")


def draw_classes(path, count=60):
    """A folder of two classes, `count` grey images of 8x8 pixels each."""
    path.mkdir()
    for name, grey in (("dark", 0), ("light", 130)):
        (path / name).mkdir()
        for number in range(count):
            Image.new("L", (8, 8), grey + number).save(path / name / f"{number:02}.png")
