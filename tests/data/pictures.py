"""Image files of one value, for tests of folders and of reading images."""

from PIL import Image

SIZE = (6, 4)  # width, height


def draw(path, value=100, size=SIZE, mode="L", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path, **options)
    return path
