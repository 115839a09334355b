"""The archive of `chairs`: which renders it holds, by the names in it, and their pixels."""

import collections
import io
import itertools
import pathlib
import re
import tarfile
import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageOps

from tfvae.data.images import on_white
from tfvae.reading import sha256
from tfvae.schema import UserError

# Pixels a side that images are kept with.
SIZE = 64
# In the order of the names, which is that of the columns.
FACTORS = ("chair", "elevation", "azimuth")

_NAMES = ("rendered_chairs.tar", "rendered_chairs.tar.gz", "rendered_chairs.tgz")
# CHAIR/renders/image_000_p020_t011_r096.png: p is the elevation, t the azimuth, in degrees.
_RENDER = re.compile(r"(?:.*/)?([^/]+)/renders/image_\d+_p(\d+)_t(\d+)_r\d+\.png", re.ASCII)
_DIGITS_OF_DIGEST = 16


def find_archive(folder: pathlib.Path) -> pathlib.Path:
    """`rendered_chairs.tar` in a folder, or the same compressed by gzip (`.tar.gz`, `.tgz`).

    Raises:
        UserError: there is none.

    >>> find_archive(pathlib.Path("empty"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: there is no rendered_chairs.tar (or ...) in empty
    """
    for path in (folder / name for name in _NAMES):
        if path.is_file():
            return path
    raise UserError(f"there is no {_NAMES[0]} (or {', '.join(_NAMES[1:])}) in {folder}")


def digest_of(archive: pathlib.Path) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a file.

    Raises:
        UserError: it can't be read.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     digest_of(pathlib.Path(file.name))
    'e3b0c44298fc1c14'
    """
    return sha256(archive)[:_DIGITS_OF_DIGEST]


def read_renders(archive: pathlib.Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The renders of all chairs in the order of the archive; nothing is unpacked to disk.

    Names are read before the first image, so that an incomplete archive is refused at once.

    Args:
        archive: A tar archive with CHAIR/renders/image_000_p020_t011_r096.png and so on; other
            files in it are passed over.
    Yields:
        (uint8 [64, 64, 3], factors as in `ranked`, int64 [3]).
    Raises:
        UserError: not a tar archive, a damaged one, or one without renders; a render that can't be
            decoded; or as `ranked`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     archive = pathlib.Path(folder, "rendered_chairs.tar")
    ...     tarfile.open(archive, "w").close()
    ...     list(read_renders(archive))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: ...rendered_chairs.tar holds no image named as CHAIR/renders/image_...
    """
    try:
        with tarfile.open(archive) as tar:
            renders = [
                (member, match.groups())
                for member in tar
                if member.isfile() and (match := _RENDER.fullmatch(member.name))
            ]
            _check_end(tar)
            keys = [(chair, int(p), int(t)) for _, (chair, p, t) in renders]
            for (member, _), factors in zip(renders, ranked(keys, archive), strict=True):
                file = tar.extractfile(member)
                assert file is not None  # it is for what is neither a file nor a link
                yield _pixels(file.read(), f"{archive}: {member.name}"), factors
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{archive} is not a tar archive, or is damaged ({reason})") from error


def ranked(keys: Sequence[tuple[str, int, int]], archive: str | pathlib.Path) -> np.ndarray:
    """Chair, elevation and azimuth of images as ranks of their values, from 0 on.

    Args:
        keys: N triples of the chair's name and the two angles.
        archive: For messages.
    Returns:
        int64 [N, 3].
    Raises:
        UserError: no images, or not one of each combination of the values.

    >>> ranked([("b", 20, 11), ("b", 20, 348), ("a", 20, 11), ("a", 20, 348)], "chairs").tolist()
    [[1, 0, 0], [1, 0, 1], [0, 0, 0], [0, 0, 1]]
    >>> ranked([("b", 20, 11), ("b", 20, 348), ("a", 20, 11)], "chairs.tar")
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: chairs.tar is incomplete: it lacks chair a at elevation 20, azimuth 348
    """
    if not keys:
        raise UserError(
            f"{archive} holds no image named as CHAIR/renders/image_000_p020_t011_r096.png"
        )
    values = [sorted(set(column)) for column in zip(*keys, strict=True)]
    counts = collections.Counter(keys)
    for chair, elevation, azimuth in itertools.product(*values):
        count = counts[chair, elevation, azimuth]
        if count != 1:
            problem = "is incomplete: it lacks" if not count else f"holds {count} images of"
            raise UserError(
                f"{archive} {problem} chair {chair} at elevation {elevation}, azimuth {azimuth}"
            )
    numbers = [{value: rank for rank, value in enumerate(column)} for column in values]
    return np.array([[n[v] for n, v in zip(numbers, key, strict=True)] for key in keys], np.int64)


def _check_end(tar: tarfile.TarFile) -> None:
    """Raises ReadError where an archive, read to its last member, was cut off after that.

    `tarfile` takes a header that isn't whole for the end. The true end is a block of zeros.
    """
    assert tar.fileobj is not None
    tar.fileobj.seek(tar.offset)
    if tar.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError(f"it ends too early, at byte {tar.offset:,}")


def _pixels(content: bytes, where: str) -> np.ndarray:
    """The whole frame, each pixel the mean of the pixels it covers: uint8 [64, 64, 3]."""
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            box = Image.Resampling.BOX
            colour = on_white(image).convert("RGB")
            return np.asarray(ImageOps.pad(colour, (SIZE, SIZE), box, "white"))
    # A decoder may raise any exception.
    except Exception as error:
        raise UserError(f"{where}: not a readable PNG image ({error})") from error
