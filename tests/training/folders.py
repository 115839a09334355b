"""A folder of images without labels, for runs on data that may be edited."""

from PIL import Image


def draw_folder(path, count=20):
    """`count` grey images of 8x8 pixels."""
    path.mkdir()
    for number in range(count):
        Image.new("L", (8, 8), 10 * number).save(path / f"{number:02}.png")
