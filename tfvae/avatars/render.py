"""Draws scenes as pictures."""

import concurrent.futures
import os
import sys

import numpy as np
import tqdm

from tfvae.avatars import face, hair, worn
from tfvae.avatars.canvas import Canvas

# Pixels of one batch: its arrays stay in the processor's cache.
_BATCH_PIXELS = 2**17


def render(scenes, size, style):
    """Draws the scenes.

    Args:
        scenes: `Scenes`, N of them.
        size: Pixels per side.
        style: A style, see `Canvas`.
    Returns:
        uint8 [N, size, size, 3]; each picture depends on its own scene alone.
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
    # Before the fringe, as comics have it: it would hide arched ones.
    face.draw_brows(canvas, style.eye_scale)
    worn.draw_earrings(canvas)
    worn.draw_glasses(canvas)
    worn.draw_on_the_head(canvas)
    return np.rint(np.clip(canvas.pixels, 0, 1) * 255).astype(np.uint8)


def render_all(scenes, size, style, what):
    """As `render`, in batches on all cores, with a progress bar on a terminal.

    Threads, not processes: NumPy lets go of the interpreter while it computes, and neither forking
    a process that has TensorFlow's threads nor starting a caller's script anew is safe.

    Args:
        scenes, size, style: As for `render`.
        what: Name for the progress bar.
    """
    images = np.empty((len(scenes), size, size, 3), np.uint8)
    step = max(1, _BATCH_PIXELS // size**2)
    starts = range(0, len(scenes), step)

    def draw(start):
        rows = slice(start, start + step)
        images[rows] = render(scenes.take(rows), size, style)

    with concurrent.futures.ThreadPoolExecutor(_cores()) as pool:
        done = pool.map(draw, starts)
        # Consumed in full: an error in a thread is raised here.
        for _ in tqdm.tqdm(
            done, f"Drawing {what}", len(starts), disable=not sys.stderr.isatty(), leave=False
        ):
            pass
    return images


def _cores():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
