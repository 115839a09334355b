"""How a user's folder is laid out: where it begins, what is a split, and what is left out."""

import collections
import logging
import os
import pathlib
import re
from collections.abc import Iterator, Sequence

from tfvae.data import attributes, factors
from tfvae.data.images import SUFFIXES
from tfvae.schema import TEST, TRAIN, VALIDATION, UserError

# Usual names of splits, in small letters and without "set" or "data" at the end -> split.
_SPLIT_NAMES = {
    **dict.fromkeys(("train", "training"), TRAIN),
    **dict.fromkeys(("validation", "valid", "val", "dev"), VALIDATION),
    **dict.fromkeys(("test", "testing"), TEST),
}
TABLES = (attributes.FILE_NAME, factors.FILE_NAME)
# What archive programs and file systems leave behind.
_FOREIGN = ("__MACOSX", "@eaDir", "lost+found", "$RECYCLE.BIN", "System Volume Information")

logger = logging.getLogger("tfvae")


def first_folder(root: pathlib.Path) -> pathlib.Path:
    """The folder where the layout begins: `root`, or what lies alone in it, as in an archive.

    It is `root` too where what lies alone isn't laid out itself, in splits or in classes.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("cat", "dog"):
    ...         pathlib.Path(folder, "pets", name).mkdir(parents=True)
    ...         pathlib.Path(folder, "pets", name, "1.png").touch()
    ...     first_folder(pathlib.Path(folder)).name
    'pets'
    """
    folder = root
    while True:
        within = subfolders(folder)
        holds_files = any(is_image(path) or path.name in TABLES for path in visible(folder))
        if len(within) != 1 or holds_files or within[0].is_symlink():
            break
        # A train folder alone is refused later, unless it is train/train.
        if within[0].name == TRAIN and split_of(folder.name) is None:
            return folder
        folder = within[0]
    table = any(os.path.lexists(folder / name) for name in TABLES)
    loose = any(is_image(path) for path in visible(folder))
    parted = len(within) > 1 and not loose and all(map(_holds_images, within))
    return folder if table or parted else root


def split_of(name: str) -> str | None:
    """The split that a folder is named after, in any case; None for another name.

    >>> split_of("Training"), split_of("test_set"), split_of("valley")
    ('train', 'test', None)
    """
    return _SPLIT_NAMES.get(re.sub(r"[-_ ]?(set|data)$", "", name.lower()))


def split_folders(root: pathlib.Path) -> dict[str, pathlib.Path]:
    """Split -> folder, where the folder is laid out in splits; else empty.

    The usual names count in any case: train and training; validation, valid, val and dev; test and
    testing.

    Raises:
        UserError: train without test, two folders for one split, or something beside them.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("Training", "Testing"):
    ...         (pathlib.Path(folder) / name).mkdir()
    ...     found = split_folders(pathlib.Path(folder))
    >>> {split: path.name for split, path in found.items()}
    {'train': 'Training', 'test': 'Testing'}
    """
    named = [(split_of(path.name), path) for path in subfolders(root)]
    found = {split: path for split, path in named if split is not None}
    others = [path.name for split, path in named if split is None]
    if TRAIN in found and TEST not in found and found[TRAIN].name == TRAIN:
        raise UserError(
            f"{root} has a folder {TRAIN} but no {TEST}: make one, or give {found[TRAIN]} itself "
            "and have a test split cut from it"
        )
    if TRAIN not in found and {VALIDATION, TEST} <= found.keys():
        raise UserError(
            f"{found[VALIDATION]} and {found[TEST]} are named as splits, and none as {TRAIN}"
        )
    if not {TRAIN, TEST} <= found.keys():
        return {}
    for split, path in named:
        if split is not None and path != found[split]:
            raise UserError(f"{path} and {found[split]} are both named as the {split} split")
    if others:
        raise UserError(
            f"{root}: {others[0]} lies beside {found[TRAIN].name} and {found[TEST].name}, so it is "
            "unclear what is a class"
        )
    beside = [path for path in visible(root) if path.name in TABLES or is_image(path)]
    if beside:
        raise UserError(
            f"{beside[0]} lies beside {found[TRAIN].name} and {found[TEST].name}; move it into one "
            "of them"
        )
    return {split: found[split] for split in (TRAIN, VALIDATION, TEST) if split in found}


def check_classes(folders: Sequence[pathlib.Path]) -> None:
    """Checks that class folders aren't something else.

    Raises:
        UserError: they hold nothing but the same sub-folders.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     root = pathlib.Path(folder)
    ...     for name in ("2023/cat", "2023/dog", "2024/cat", "2024/dog"):
    ...         (root / name).mkdir(parents=True)
    ...     check_classes(subfolders(root))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: ...2023 and 2024 hold the same folders (cat, dog) and no images: if ...
    """
    inner = [[path.name for path in subfolders(folder)] for folder in folders]
    same = len(inner[0]) > 1 and all(names == inner[0] for names in inner)
    if not same or any(is_image(path) for folder in folders for path in visible(folder)):
        return
    outer, shared = [folder.name for folder in folders], inner[0]
    where = f"{folders[0].parent}: {_listed(outer)} hold the same folders ({', '.join(shared)})"
    if {split_of(name) for name in shared} >= {TRAIN, TEST}:
        raise UserError(
            f"{where}: splits lie outside of classes, as in {shared[0]}/{outer[0]}; move them"
        )
    raise UserError(
        f"{where} and no images: if {_listed(shared)} are the classes, put the images of each into "
        f"one folder; if {_listed(outer)} are, put theirs directly there"
    )


def tell_left_out(folder: pathlib.Path) -> None:
    """Says in one line how many files below a folder are no images that can be read.

    >>> tell_left_out(pathlib.Path("no such folder"))
    """
    others = ((name, ending) for name, ending in _files_below(folder) if ending not in SUFFIXES)
    kinds = collections.Counter(
        ending or "without ending" for name, ending in others if name not in TABLES
    )
    if kinds:
        counts = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common(5))
        more = ", ..." if len(kinds) > 5 else ""
        logger.warning("%s: left out, because they are no images: %s%s", folder, counts, more)


def visible(folder: pathlib.Path) -> list[pathlib.Path]:
    """Entries by name, without hidden ones and those that archive programs leave behind.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in (".DS_Store", "__MACOSX", "__cats"):
    ...         (pathlib.Path(folder) / name).mkdir()
    ...     [path.name for path in visible(pathlib.Path(folder))]
    ['__cats']
    """
    entries = [path for path in folder.iterdir() if not is_foreign(path.name)]
    return sorted(entries, key=lambda path: path.name)


def subfolders(folder: pathlib.Path) -> list[pathlib.Path]:
    """The visible folders in a folder, by name.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     (pathlib.Path(folder) / "cats").mkdir()
    ...     [path.name for path in subfolders(pathlib.Path(folder))]
    ['cats']
    """
    # Without a look at each of perhaps 100,000 files.
    with os.scandir(folder) as entries:
        kept = [
            each.name
            for each in entries
            # Of a link that points to itself, `is_dir` of an entry raises an error.
            if (os.path.isdir(each) if each.is_symlink() else each.is_dir())
            and not is_foreign(each.name)
        ]
    return [folder / name for name in sorted(kept)]


def is_image(path: pathlib.Path) -> bool:
    """Whether a file is named as an image that can be read.

    >>> is_image(pathlib.Path("001.JPG")), is_image(pathlib.Path("notes.txt"))
    (True, False)
    """
    return path.suffix.lower() in SUFFIXES and not path.is_dir()


def is_foreign(name: str) -> bool:
    """Whether a file or folder of this name is none of the user's.

    >>> is_foreign(".git"), is_foreign("__MACOSX"), is_foreign("__cats")
    (True, True, False)
    """
    return name.startswith(".") or name in _FOREIGN


def _holds_images(folder: pathlib.Path) -> bool:
    return any(ending in SUFFIXES for _, ending in _files_below(folder))


def _files_below(folder: pathlib.Path) -> Iterator[tuple[str, str]]:
    """Name and ending, in small letters, of each visible file in a folder and its sub-folders."""
    for _, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not is_foreign(name)]
        for name in files:
            if not is_foreign(name):
                yield name, os.path.splitext(name)[1].lower()


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:3])
    return ", ".join(shown) + ", ..." if len(names) > 3 else " and ".join(shown)
