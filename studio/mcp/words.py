"""What tools say: what to do against an error, in the names of arguments and tools, and what a distance is."""

from __future__ import annotations

import reprlib

from pydantic import ValidationError

from reswd_torch.errors import InputError, MatchRemedy, Remedy
from reswd_torch.grade.formats import grade_suffixes, lattice_suffixes
from reswd_torch.grade.formats import in_words as suffixes_in_words
from studio.fault import Fault, fault_line
from studio.remedies import JobRemedy
from studio.views.sentences import DISTANCE_HELP
from studio.watch import Cancelled

DISTANCE = (
    f"{DISTANCE_HELP} It says how far the colours went, not whether the picture is better: a look or a mood leaves alone much of "
    "what it counts."
)
STOPPED = "stopped; nothing half-written was left behind"

REMEDIES: dict[Remedy, str] = {
    MatchRemedy.FIT_CDL: "save it as .cube, or match with transform cdl, which fits ten numbers to it",
    MatchRemedy.TRIM_LESS: "save it as .cube, or leave these trims out",
    JobRemedy.GIVE_REFERENCE: "give reference, palette or, for a folder, grade (a saved grade alone: apply_grade)",
    JobRemedy.GIVE_ONE_REFERENCE: "give one of them",
    JobRemedy.CHECK_REFERENCE: "check reference",
    JobRemedy.OVERWRITE: "choose another name, or give overwrite=true",
    JobRemedy.REPLACE_RESULTS: "give another output_folder, or overwrite=true",
    JobRemedy.RESUME_OR_REPLACE: "give resume=true to go on with it, or overwrite=true to replace it",
    JobRemedy.SAME_OR_REPLACE: "give the same, or overwrite=true",
    JobRemedy.RUN_ANEW: "run anew with overwrite=true",
    JobRemedy.ENTER_SUBFOLDERS: "recursive=true enters them",
    JobRemedy.MATCH_ONE_PICTURE: "give a folder (one picture is matched with match_colours)",
    JobRemedy.GIVE_OUTPUT_FOLDER: "output_folder wants a folder",
    JobRemedy.FEWER_AT_ONCE: "run fewer at once (jobs)",
    JobRemedy.LESS_MEMORY: "make the picture smaller (width, height), or choose a smaller model",
    JobRemedy.GRADE_FILE_SUFFIX: f"give grade_files {suffixes_in_words(grade_suffixes())}",
    JobRemedy.SERIES_GRADE: "leave grade_files out: a series has one grade, saved as series.cube",
    JobRemedy.EDIT_IN_TEN_NUMBERS: "leave transform lut and the trim only out",
    JobRemedy.CUBE_OR_CDL: f"give grade_files {suffixes_in_words(lattice_suffixes())}, or transform cdl",
    JobRemedy.SAVED_SETTINGS: "give a settings file that match_colours or the app has saved",
    JobRemedy.CLIP_AS_CLIP: "match_colours and apply_grade take clips; for a picture, export still frames first",
    JobRemedy.INSTALL_CLUSTER: "leave the cluster out: tools run on this machine",
    JobRemedy.CHECK_CLUSTER: "leave the cluster out: tools run on this machine",
}
"""The wording of every remedy. A test holds that none is missing."""


def in_words(error: BaseException) -> str:
    """One line about anything that went wrong in a tool. What nobody foresaw goes to the log as well."""
    if isinstance(error, InputError):
        return one_line(error.worded(REMEDIES))
    if isinstance(error, ValidationError):
        return one_line(
            "; ".join(_wrong_argument(one["loc"], one["type"], one["msg"], one["input"]) for one in error.errors())
        )
    if isinstance(error, Cancelled):
        return STOPPED
    if isinstance(error, Fault) or not isinstance(error, Exception):
        return one_line(str(error) or type(error).__name__)
    return one_line(fault_line(error))


def one_line(text: str) -> str:
    """A line: what is quoted in it may be a name with line breaks, or without end."""
    plain = " ".join(text.split())
    return plain if len(plain) <= 600 else f"{plain[:350]} … {plain[-200:]}"


def _wrong_argument(place: tuple[int | str, ...], kind: str, said: str, given: object) -> str:
    name = ".".join(map(str, place))
    if kind == "extra_forbidden":
        return f"unknown argument {name!r}: leave it out"
    if kind == "missing":
        return f"{name} is missing: give it"
    return f"{name} {reprlib.repr(given)}: {said[:1].lower()}{said[1:]}"
