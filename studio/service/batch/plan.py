"""What a run over a folder will read and write, found out before it starts."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from reswd_torch.errors import InputError
from studio.media.images import READABLE_SUFFIXES, result_name
from studio.media.places import file_ids
from studio.remedies import JobRemedy
from studio.service.batch.natural import natural_key

_SYSTEM = {"thumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin", "system volume information", "ehthumbs.db"}
_SHOWN = 5  # names in a message before it says "and so on"


@dataclass(frozen=True)
class Item:
    """One picture of the folder.

    Attributes:
        name: its place in the folder, with ``/`` on every system: what the report calls it.
        source: the file.
        place: where the result goes, relative to the output folder.
        reference: its own reference where each picture has one.
        mask: its mask.
        problem: why it cannot be done, where that is known already; it is reported as failed.
        note: what the report says of the result, where that has another name.
        strength: 0..4 where it has one of its own.
    """

    name: str
    source: Path
    place: str
    reference: Path | None = None
    mask: Path | None = None
    problem: str | None = None
    note: str = ""
    strength: float | None = None

    @property
    def converted(self) -> bool:
        """Whether the result is of another format, as the source's is not written, or another was asked for."""
        return PurePosixPath(self.name).suffix != PurePosixPath(self.place).suffix

    @property
    def renumbered(self) -> bool:
        """Whether the result has a name that is not its own, as another one has that already."""
        return self.place != result_name(self.name, PurePosixPath(self.place).suffix)


@dataclass(frozen=True)
class BatchPlan:
    """All that a run will do.

    Attributes:
        folder: the folder with the pictures.
        output: the folder for the results; no part of it lies in ``folder``, nor the other way round.
        items: the pictures in the order of their names, numbers by their size.
        skipped: how many files were left aside, by kind: a suffix, or what they are.
        notes: what a person should know before it starts.
        records: the folder for run.json and report.csv where it is not ``output``.
        pattern: of the results, where they are numbered frames: other frames may be at work in the same folder.
        not_entered: how many sub-folders were not entered.
    """

    folder: Path
    output: Path
    items: tuple[Item, ...]
    skipped: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    records: Path | None = None
    not_entered: int = 0
    pattern: str = ""

    @property
    def lock(self) -> Path:
        """The file that a run locks while it works; two runs of the same results have the same."""
        apart = f"-{hashlib.sha256(os.fsencode(self.pattern)).hexdigest()[:8]}" if self.pattern else ""
        return self.output / f".reswd-batch{apart}.lock"

    @property
    def state(self) -> Path:
        """The folder for run.json and report.csv."""
        return self.records or self.output

    @property
    def aside(self) -> str:
        """What was left aside, in words; empty for nothing."""
        return _counts(self.skipped)


def plan_folder(
    folder: Path,
    output: Path,
    *,
    recursive: bool = False,
    references: Path | None = None,
    masks: Path | None = None,
    inputs: Iterable[Path] = (),
    suffix: str | None = None,
) -> BatchPlan:
    """List the pictures of a folder and where each result goes.

    Args:
        folder: with the pictures. Hidden and system files are ignored, other files counted, links out of it reported.
        output: where the tree is mirrored; it need not exist.
        recursive: enter sub-folders.
        references: a folder of references, one for each picture, found by name without suffix.
        masks: the same for masks; or one file for all pictures.
        inputs: other files of the run (a reference, a grade), which no result may replace.
        suffix: of the results, such as ``.jpg``; None for those of the pictures.

    Raises:
        InputError: no folder, no pictures, an output that overlaps the folder or the inputs, references that are missing
            or ambiguous.
    """
    check_folders(folder, output)
    found, skipped = _listing(folder, recursive)
    notes = []
    not_entered = skipped.pop("sub-folders", 0)
    if not found:
        others = f"; it holds {_counts(skipped)}" if skipped else ""
        if not_entered:
            problem = f"{folder}: no pictures in this folder (its sub-folders were not entered){others}"
            raise InputError(problem, JobRemedy.ENTER_SUBFOLDERS)
        raise InputError(f"{folder}: no pictures in this folder{others}")
    if suffix is not None:
        found = [replace(item, place=result_name(item.name, suffix)) for item in found]
    items = named_apart(found)
    if references is not None:
        matched, unused = by_name(items, references, "reference")
        items = tuple(replace(item, reference=matched.get(item.name)) for item in items)
        if unused:
            notes.append(f"{len(unused)} reference{_s(len(unused))} without a picture: {listed(unused)}")
    if masks is not None:
        found_masks = by_name(items, masks, "mask")[0] if masks.is_dir() else {item.name: masks for item in items}
        items = tuple(replace(item, mask=found_masks.get(item.name)) for item in items)
    _check_results(items, output, inputs)
    return BatchPlan(folder, output, items, dict(skipped), tuple(notes), not_entered=not_entered)


def check_folders(folder: Path, output: Path) -> None:
    """Refuse folders that a run must not touch, whatever their pictures.

    Raises:
        InputError: no such folder, one inside the other, or an output that is a file or cannot be written.
    """
    if not folder.exists():
        raise InputError(f"{folder}: there is no such folder: check the name")
    if not folder.is_dir():
        raise InputError(f"{folder}: this is a file", JobRemedy.MATCH_ONE_PICTURE)
    if output.exists() and not output.is_dir():
        raise InputError(f"{output}: this is a file: give a folder for the results")
    inner, outer = folder.resolve(), output.resolve()
    if inner == outer or (output.exists() and output.samefile(folder)):
        raise InputError(f"{output}: results must not go into the folder of the sources: give another folder")
    if outer.is_relative_to(inner):
        raise InputError(f"{output}: this lies inside the source folder {folder}: give a folder outside it")
    if inner.is_relative_to(outer):
        raise InputError(f"{output}: the source folder {folder} lies inside it: give a folder of its own")
    standing = next(parent for parent in (outer, *outer.parents) if parent.exists())
    if not standing.is_dir() or not os.access(standing, os.W_OK | os.X_OK):
        raise InputError(f"{output}: {standing} cannot be written to: choose another folder or change its permissions")


def _listing(folder: Path, recursive: bool) -> tuple[list[Item], Counter[str]]:
    """The pictures, sorted as people count, and what was left aside. Links and odd places become items with a problem."""
    root, skipped = folder.resolve(), Counter[str]()
    found: list[Item] = []
    for path, readable in _walk(folder, root, recursive, skipped):
        name = path.relative_to(folder).as_posix()
        if not readable:
            found.append(Item(name, path, name, problem="this folder cannot be read: change its permissions"))
        elif path.suffix.lower() in READABLE_SUFFIXES:
            found.append(Item(name, path, result_name(name), problem=_link_problem(path, root)))
        else:
            skipped[path.suffix.lower() or "without suffix"] += 1
    return sorted(found, key=lambda item: natural_key(item.name)), skipped


def _walk(folder: Path, root: Path, recursive: bool, skipped: Counter[str]) -> Iterator[tuple[Path, bool]]:
    """Files below a folder, and folders that cannot be listed (marked with False)."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        yield folder, False
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name.lower() in _SYSTEM:
            continue
        path = folder / entry.name
        if not path.is_dir():  # not the entry's own answer, which raises on a link to itself
            yield path, True
        elif entry.is_symlink() or not path.resolve().is_relative_to(root):
            skipped["linked folders"] += 1
        elif recursive:
            yield from _walk(path, root, recursive, skipped)
        else:
            skipped["sub-folders"] += 1


def _link_problem(path: Path, root: Path) -> str | None:
    if not path.is_symlink():
        return None
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):  # a loop is RuntimeError until Python 3.13
        return f"a link to {os.readlink(path)}, which is not there: restore the file"
    if not target.is_relative_to(root):
        return f"a link out of the folder, to {os.readlink(path)}: such links are not followed; copy the picture in"
    return None


def named_apart(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items with result names of their own, also where capitals or the way of writing an accent do not count.

    Whoever keeps its name has it; a result in another format takes the whole old name before its suffix; what still
    clashes is numbered.
    """
    kept, taken, numbers = [], set(), Counter[str]()
    items = list(items)
    for item in sorted(items, key=lambda item: (item.converted, item.name)):
        place = item.place
        if _key(place) in taken and item.converted:
            place = item.name + PurePosixPath(place).suffix
        path, first = PurePosixPath(place), _key(place)
        while _key(place) in taken:  # each number is tried once, however many there are of one name
            numbers[first] += 1
            place = path.with_name(f"{path.stem} ({numbers[first] + 1}){path.suffix}").as_posix()
        taken.add(_key(place))
        note = "" if place == item.name else f"written as {PurePosixPath(place).name}"
        kept.append(replace(item, place=place, note=note))
    return tuple(sorted(kept, key=lambda item: natural_key(item.name)))


def by_name(items: Iterable[Item], folder: Path, kind: str) -> tuple[dict[str, Path], list[str]]:
    """For each item the file of its name (without suffix) in ``folder``: at the same place in the tree, or on top.

    Returns:
        The files by the names of the items, and the names of pictures there that belong to none.

    Raises:
        InputError: no such folder, or items for which there is none or more than one.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder of {kind}s: check the name")
    here: dict[str, list[Path]] = {}
    there = _listing(folder, recursive=True)[0]
    for found in there:
        if found.problem is None:
            here.setdefault(_key(PurePosixPath(found.name).with_suffix("").as_posix()), []).append(found.source)
    matched: dict[str, Path] = {}
    missing: list[str] = []
    double: list[str] = []
    for item in items:
        if item.problem is not None:
            continue
        stem = PurePosixPath(item.name).with_suffix("")
        found_files = here.get(_key(stem.as_posix())) or here.get(_key(stem.name)) or []
        if len(found_files) == 1:
            matched[item.name] = found_files[0]
        else:
            (double if found_files else missing).append(item.name)
    for names, what in ((missing, "no"), (double, "more than one")):
        if names:
            verb = "has" if len(names) == 1 else "have"
            raise InputError(
                f"{folder}: {len(names)} picture{_s(len(names))} {verb} {what} {kind} of the same name in it: "
                f"{listed(names)}; add, rename or remove files"
            )
    used = set(matched.values())
    return matched, [found.name for found in there if found.source not in used]


def pictures_in(folder: Path) -> list[Path]:
    """All pictures of a folder and its sub-folders, sorted: the references of a series.

    Raises:
        InputError: none there.
    """
    found = [item.source for item in _listing(folder, recursive=True)[0] if item.problem is None]
    if not found:
        raise InputError(f"{folder}: no pictures in this folder of references")
    return found


def _check_results(items: Iterable[Item], output: Path, inputs: Iterable[Path]) -> None:
    """No result may replace a file that the run reads."""
    read = file_ids({*inputs, *(path for item in items for path in (item.reference, item.mask) if path is not None)})
    for item in items if read and output.exists() else ():
        if read & file_ids([output / item.place]):
            raise InputError(
                f"{output / item.place}: the result of {item.name} would replace an input: give another folder"
            )


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def listed(names: list[str]) -> str:
    """The first few names, and how many more."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _counts(skipped: dict[str, int]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(skipped.items()))


def _s(number: int) -> str:
    return "" if number == 1 else "s"


def state_of(item: Item) -> str:
    """Sizes and times of the files a result is made from, in one short word; empty when one is missing."""
    try:
        found = [path.stat() for path in (item.source, item.reference, item.mask) if path is not None]
    except OSError:
        return ""
    facts = ",".join(f"{one.st_size}:{one.st_mtime_ns}" for one in found)
    return hashlib.sha256(facts.encode()).hexdigest()[:16]
