"""A whole edit at once: ten numbers for each of its shots, in one EDL and one .ccc."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from reswd_torch.errors import InputError
from reswd_torch.grade import Cdl
from reswd_torch.grade.files import write_collection, write_text_atomically
from studio.fault import Fault, faults_of
from studio.jobs import ClipJob, EditJob, MatchJob
from studio.kinds import is_clip
from studio.media.clips.read import ClipFacts, read_facts
from studio.media.edits.ale import AleEdit, read_ale
from studio.media.edits.edl import Edl, EdlEvent, edl_of, new_edl, read_edl
from studio.media.edits.otio import OtioEdit, read_otio
from studio.media.edits.shots import ShotFolder, frame_count, start_timecode
from studio.media.edits.timecode import frames_of
from studio.media.places import check_place, make_folder, written_together
from studio.references import BatchReference, FolderReference, choose_reference
from studio.service.clip import fit_clip
from studio.service.clip_colours import Spans
from studio.service.match import run_match
from studio.service.reference import ReferenceSamples
from studio.watch import UNWATCHED, Watch

Edit = Edl | OtioEdit | AleEdit
_RATE = Fraction(24)
"""Frames a second of an edit of stills."""
_STILL = 2
"""Seconds that a still lasts in a new EDL."""


@dataclass(frozen=True, eq=False)
class Shot:
    """One shot of an edit.

    Attributes:
        name: what the EDL calls it, or its file's name.
        path: its file; None where it was not found.
        events: the places of its events in the EDL.
        cdl: its grade; None where it could not be made.
        grade_id: the name of the grade in the .ccc.
        notes: what was assumed.
        problem: why it has no grade; empty for one that has.
    """

    name: str
    path: Path | None
    events: tuple[int, ...]
    cdl: Cdl | None = None
    grade_id: str = ""
    notes: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, eq=False)
class EditResult:
    """A graded edit.

    Attributes:
        job: what was asked.
        edl: the EDL, as it was read or made of the folder's shots.
        shots: in the order of the edit.
    """

    job: EditJob
    edl: Edit
    shots: tuple[Shot, ...]

    @property
    def failed(self) -> tuple[Shot, ...]:
        """The shots without a grade."""
        return tuple(shot for shot in self.shots if shot.cdl is None)

    def save(self) -> tuple[Path, ...]:
        """Write the EDL, or the timeline or table that was read, and the .ccc.

        Returns:
            Where they are.

        Raises:
            InputError: a place that cannot be written.
        """
        job = self.job
        graded = {place: shot.cdl for shot in self.shots if shot.cdl is not None for place in shot.events}
        make_folder(job.output)
        with written_together(overwrite=job.overwrite):
            texts = self.edl.graded(graded)
            for suffix, text in texts.items():
                write_text_atomically(job.place(suffix), text)
            named = ((shot, shot.cdl) for shot in self.shots if shot.cdl is not None)
            corrections = [(shot.grade_id, cdl, self._description(shot)) for shot, cdl in named]
            write_collection(job.place(".ccc"), corrections)
        return tuple(job.place(suffix) for suffix in (*texts, ".ccc"))

    def _description(self, shot: Shot) -> str:
        spaces = self.job.spaces
        where = "" if spaces is None else f"; apply it to colours in {spaces.working}"
        return f"ReSWD Studio: {shot.name} matched to {self.job.reference.name}{where}"


def run_edit(job: EditJob, watch: Watch = UNWATCHED) -> EditResult:
    """Fit ten numbers for each shot of an edit. Writes nothing. A shot that cannot be graded stops none of the others.

    Args:
        job: which edit, and what it should look like.
        watch: told what is being done; may stop it.

    Raises:
        InputError: an EDL, a folder or a reference that cannot be used, or no shot that can be graded.
        Cancelled: it was stopped.
    """
    if job.output.exists():
        for place in job.outputs:
            check_place(place, inputs=[] if job.edl is None else [job.edl], overwrite=job.overwrite)
    folder = ShotFolder(job.shots)
    edl = _read(job.edl) if job.edl is not None else None
    planned = list(_named(edl, folder) if edl is not None else _all_of(folder))
    fitter = _Fitter(job, edl)
    done = []
    for number, shot in enumerate(planned):
        part = watch.part(number / len(planned), (number + 1) / len(planned))
        part(0.0, f"shot {number + 1} of {len(planned)}: {shot.name}")
        done.append(shot if shot.path is None else fitter.graded(shot, part))
    if all(shot.cdl is None for shot in done):
        raise InputError(f"{job.edl or job.shots}: no shot could be graded. The first: {done[0].problem}")
    return EditResult(job, edl or _made(job, done), _with_ids(done, edl))


def _read(path: Path) -> Edit:
    readers: dict[str, Callable[[Path], Edit]] = {".otio": read_otio, ".ale": read_ale}
    return readers.get(path.suffix.lower(), read_edl)(path)


def _named(edl: Edit, folder: ShotFolder) -> Iterator[Shot]:
    """The shots of an EDL: events of one file are one shot, since one take should not change its look within an edit."""
    found: dict[Path | str, Shot] = {}
    for place, event in enumerate(edl.events):
        name = event.names[0] if event.names else f"event {event.number}"
        try:
            path: Path | None = folder.find(event.names)
            problem = ""
        except InputError as error:
            path, problem = None, str(error)
        key = name if path is None else path
        known = found.get(key, Shot(name, path, (), problem=problem))
        found[key] = replace(known, events=(*known.events, place))
    yield from found.values()


def _all_of(folder: ShotFolder) -> Iterator[Shot]:
    for place, path in enumerate(folder.files):
        yield Shot(path.relative_to(folder.path).as_posix(), path, (place,))


def _with_ids(shots: list[Shot], edl: Edit | None) -> tuple[Shot, ...]:
    """The shots with the names of their grades: those that the EDL refers to already, else their files' names."""
    taken: set[str] = set()
    named = []
    for shot in shots:
        own = [edl.events[place].grade_id for place in shot.events] if edl is not None else []
        wanted = next(filter(None, own), None) or Path(shot.name if shot.path is None else shot.path).stem
        unique, number = wanted, 1
        while unique in taken:
            number += 1
            unique = f"{wanted}-{number}"
        taken.add(unique)
        named.append(replace(shot, grade_id=unique))
    return tuple(named)


class _Fitter:
    """Fits shots, and reads each reference once."""

    def __init__(self, job: EditJob, edl: Edit | None) -> None:
        self._job, self._edl = job, edl
        self._settings = job.settings
        self._references: dict[BatchReference, ReferenceSamples] = {}
        reference = job.reference
        self._folder = ShotFolder(reference.path) if isinstance(reference, FolderReference) else None

    def graded(self, shot: Shot, watch: Watch) -> Shot:
        """The shot with its grade, or with what went wrong."""
        assert shot.path is not None
        try:
            with faults_of(shot.path):
                return self._fitted(shot, shot.path, watch)
        except (InputError, Fault) as error:
            return replace(shot, problem=str(error))

    def _fitted(self, shot: Shot, path: Path, watch: Watch) -> Shot:
        reference = self._reference(path)
        samples = self._references.setdefault(reference, ReferenceSamples(reference, self._settings))
        spaces = self._job.spaces
        if not is_clip(path):
            result = run_match(MatchJob(path, reference, self._settings, spaces=spaces), watch, samples)
            grade, notes = result.grade, result.notes
        else:
            facts = read_facts(path, hdr=spaces is not None)
            spans, odd = self._spans(shot, facts)
            job = ClipJob(path, reference, self._settings, spaces=spaces)
            clip = fit_clip(job, facts, None, samples, watch, spans)
            grade, notes = clip.grade, (*odd, *clip.notes)
        effective = grade.effective
        if not isinstance(effective, Cdl):
            raise InputError(
                f"{path}: trims or pairs made a LUT of this grade, and an EDL holds ten numbers: leave them out"
            )
        return replace(shot, cdl=effective, notes=tuple(notes))

    def _reference(self, path: Path) -> BatchReference:
        """What the shot should look like: the one reference, or that of its own name."""
        if self._folder is None:
            return self._job.reference
        return choose_reference(file=self._folder.find([path.stem]))

    def _spans(self, shot: Shot, facts: ClipFacts) -> tuple[Spans, tuple[str, ...]]:
        """The parts of the clip that the edit shows; all of it, with a note, where its timecodes lead nowhere."""
        if self._edl is None or facts.rate is None:
            return (), ()
        try:
            first = _first_frame(facts)
            found = [_span(self._edl.events[place], first, facts) for place in shot.events]
        except InputError as error:
            return (), (f"{facts.path.name}: {error}; all of it was looked at",)
        inside = sorted({span for span in found if span is not None})
        if not inside:
            return (), (f"{facts.path.name}: the edit's timecodes lie outside of the file; all of it was looked at",)
        return tuple(inside), ()


def _first_frame(facts: ClipFacts) -> int | None:
    """The number of the clip's first frame by its timecode; None where the file has none."""
    said = start_timecode(facts.path)
    assert facts.rate is not None
    return None if said is None else frames_of(said, facts.rate)


def _span(event: EdlEvent, first: int | None, facts: ClipFacts) -> tuple[float, float] | None:
    """What an event shows, in seconds from the clip's start; None where that lies outside of it.

    A file without a timecode begins at 00:00:00:00, which is what editing programs give it.
    """
    assert facts.rate is not None
    begin, end = (
        (frames_of(each, facts.rate, drop=event.drop) - (first or 0)) / float(facts.rate)
        for each in (event.source_in, event.source_out)
    )
    length = facts.seconds or facts.whole_seconds or end
    return (max(0.0, begin), min(length, end)) if begin < length and end > 0.0 and begin < end else None


def _made(job: EditJob, shots: list[Shot]) -> Edl:
    """An EDL of the shots of a folder, each as long as it is, at the rate of the first clip."""
    hdr = job.spaces is not None
    clips = [shot.path for shot in shots if shot.cdl and shot.path and is_clip(shot.path)]
    facts = {path: read_facts(path, hdr=hdr) for path in clips}
    rate = next((each.rate for each in facts.values() if each.rate), _RATE)
    rows = []
    for shot in shots:
        of_clip = facts.get(shot.path) if shot.path else None
        seconds = (of_clip.seconds or of_clip.whole_seconds if of_clip else None) or _STILL
        first = 0
        if of_clip is not None and of_clip.rate is not None and (said := start_timecode(of_clip.path)) is not None:
            first = frames_of(said, of_clip.rate)
        rows.append((Path(shot.name).name, first, frame_count(seconds, rate)))
    return edl_of(job.place(".edl"), new_edl(job.title, rows, rate))
