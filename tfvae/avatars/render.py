"""Draws scenes as pictures."""

import concurrent.futures
import os
import sys

import numpy as np
import tqdm

from tfvae.avatars import face, hair, worn
from tfvae.avatars.canvas import Canvas, Style
from tfvae.avatars.scene import Scenes

# Pixels of one batch, few enough for its arrays to stay in the processor's cache.
_BATCH_PIXELS = 2**17


def render(scenes: Scenes, size: int, style: Style) -> np.ndarray:
    """Draws the scenes.

    Args:
        scenes: `Scenes`, N of them.
        size: Pixels per side.
        style: `Cartoon` or `Realistic`.
    Returns:
        uint8 [N, size, size, 3]; each picture depends on its own scene alone.

    >>> from tfvae.avatars import cartoon, scene
    >>> pictures = render(scene.draw_scenes(0, range(4)), 32, cartoon.Cartoon())
    >>> pictures.shape, pictures.dtype.name
    ((4, 32, 32, 3), 'uint8')
    """
    canvas = Canvas(scenes, size, style)
    hair.draw_hair_behind(canvas)
    face.draw_body(canvas)
    worn.draw_at_the_neck(canvas)
    face.draw_head(canvas)
    face.draw_skin(canvas)
    hair.draw_beard(canvas)
    face.draw_nose(canvas)
    face.draw_mouth(canvas)
    face.draw_eyes(canvas, style.eye_scale)
    hair.draw_hair(canvas)
    # Over the fringe, as in comics: the fringe would hide arched brows.
    face.draw_brows(canvas, style.eye_scale)
    worn.draw_earrings(canvas)
    worn.draw_glasses(canvas)
    worn.draw_on_the_head(canvas)
    return np.rint(np.clip(canvas.pixels, 0, 1) * 255).astype(np.uint8)


def render_all(scenes: Scenes, size: int, style: Style, what: str) -> np.ndarray:
    """As `render`, in batches on all cores, with a progress bar on a terminal.

    It uses threads, not processes: NumPy releases the interpreter's lock while it computes, and it
    is unsafe to fork a process that has TensorFlow's threads or to start a caller's script again.

    Args:
        scenes, size, style: As for `render`.
        what: Name for the progress bar.

    >>> from tfvae.avatars import cartoon, scene
    >>> faces = scene.draw_scenes(0, range(4))
    >>> pictures = render_all(faces, 32, cartoon.Cartoon(), "four faces")
    >>> bool((pictures == render(faces, 32, cartoon.Cartoon())).all())
    True
    """
    images = np.empty((len(scenes), size, size, 3), np.uint8)
    step = max(1, _BATCH_PIXELS // size**2)
    starts = range(0, len(scenes), step)

    def draw(start: int) -> None:
        rows = slice(start, start + step)
        images[rows] = render(scenes.take(rows), size, style)

    with concurrent.futures.ThreadPoolExecutor(_cores()) as pool:
        done = pool.map(draw, starts)
        # The loop runs to the end, because it raises the errors of the threads.
        for _ in tqdm.tqdm(
            done, f"Drawing {what}", len(starts), disable=not sys.stderr.isatty(), leave=False
        ):
            pass
    return images


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
