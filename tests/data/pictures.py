"""Image files of one value, for tests of folders and of reading images."""

import numpy as np
from PIL import Image

from tfvae.data import load_dataset

SIZE = (6, 4)  # width, height


def draw(path, value=100, size=SIZE, mode="L", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path, **options)
    return path


def load(path, **options):
    return load_dataset(f"folder:{path}", **options)


def class_folders(root, counts, mode="L"):
    for index, (name, count) in enumerate(counts.items()):
        for number in range(count):
            value = 50 * index + number
            draw(
                root / name / f"{number:03}.png", value if mode == "L" else (value,) * 3, mode=mode
            )


def attributes(root, text, images=("a.png", "b.png", "c.png")):
    for name in images:
        draw(root / name)
    (root / "attributes.csv").write_text(text, encoding="utf-8")


def seen(dataset, split):
    """Pixel values of a split; each test image is of one value."""
    return np.rint(dataset.arrays(split)["image"][:, 0, 0, 0] * 255).astype(int)
