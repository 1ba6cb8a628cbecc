"""The command line's own words: what to do against an error, in flags and commands."""

from __future__ import annotations

from reswd_torch.errors import InputError, MatchRemedy, Remedy
from reswd_torch.grade.formats import grade_suffixes, lattice_suffixes
from reswd_torch.grade.formats import in_words as suffixes_in_words
from studio.remedies import JobRemedy

REMEDIES: dict[Remedy, str] = {
    MatchRemedy.FIT_CDL: "save it with --cube, or match with --transform cdl, which fits ten numbers to it",
    MatchRemedy.TRIM_LESS: "save it with --cube, or leave these trims out",
    JobRemedy.GIVE_REFERENCE: (
        "give a TARGET picture or --palette (a folder: --target, --palette or --grade; a saved grade alone: reswd apply)"
    ),
    JobRemedy.GIVE_ONE_REFERENCE: "give one of them",
    JobRemedy.CHECK_REFERENCE: "check --target",
    JobRemedy.OVERWRITE: "choose another name or allow overwriting (--overwrite)",
    JobRemedy.REPLACE_RESULTS: "give another folder or replace them (--overwrite)",
    JobRemedy.RESUME_OR_REPLACE: "go on with it (--resume) or replace it (--overwrite)",
    JobRemedy.SAME_OR_REPLACE: "give the same, or replace it (--overwrite)",
    JobRemedy.RUN_ANEW: "run anew (--overwrite)",
    JobRemedy.ENTER_SUBFOLDERS: "--recursive enters them",
    JobRemedy.MATCH_ONE_PICTURE: "give a folder (one picture is matched with reswd match)",
    JobRemedy.GIVE_OUTPUT_FOLDER: "-o wants a folder",
    JobRemedy.FEWER_AT_ONCE: "run fewer at once (--jobs)",
    JobRemedy.LESS_MEMORY: (
        "make the picture smaller (--size), decode at 0.5 (--decode-scale 0.5, which needs a quarter), or choose a smaller "
        "--model or one that is offloaded"
    ),
    JobRemedy.GRADE_FILE_SUFFIX: f"give --grade-files {suffixes_in_words(grade_suffixes())}",
    JobRemedy.SERIES_GRADE: "leave --grade-files out: a series has one grade, saved as series.cube",
    JobRemedy.EDIT_IN_TEN_NUMBERS: "leave --transform lut and --only out",
    JobRemedy.CUBE_OR_CDL: f"give --grade-files {suffixes_in_words(lattice_suffixes())}, or --transform cdl",
    JobRemedy.SAVED_SETTINGS: "give a settings file saved by --save-settings or the app",
    JobRemedy.CLIP_AS_CLIP: "reswd match and reswd apply grade clips; for a picture, export still frames first",
    JobRemedy.INSTALL_CLUSTER: '--cluster needs one more package: pip install "reswd-studio[cluster]"',
    JobRemedy.CHECK_CLUSTER: "check --cluster; for one with a token set RAY_AUTH_MODE=token",
}
"""The wording of every remedy. A test holds that none is missing."""


def in_words(error: InputError) -> str:
    """The one line of an error."""
    return one_line(error.worded(REMEDIES))


def one_line(text: str) -> str:
    """A line for a terminal: what is quoted in it may be a name with line breaks or with codes that steer a terminal, or without
    end.
    """
    plain = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    return plain if len(plain) <= 600 else f"{plain[:350]} … {plain[-200:]}"
