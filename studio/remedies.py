"""What helps against errors of a job, by name. Each front end has words of its own for it, in its ``words.py``."""

from __future__ import annotations

from reswd_torch.errors import Remedy
from reswd_torch.grade.formats import grade_suffixes, in_words, lattice_suffixes


class JobRemedy(Remedy):
    """The remedies of everything between the library and the front ends. Values are the neutral wording."""

    GIVE_REFERENCE = "give a picture, a palette of hex colours or a saved grade"
    GIVE_ONE_REFERENCE = "give one of them"
    CHECK_REFERENCE = "check the name of the reference"
    OVERWRITE = "choose another name or allow overwriting"
    REPLACE_RESULTS = "give another folder or allow replacing them"
    RESUME_OR_REPLACE = "go on with it, or allow replacing it"
    SAME_OR_REPLACE = "give the same, or allow replacing it"
    RUN_ANEW = "run anew and replace what is there"
    ENTER_SUBFOLDERS = "enter its sub-folders"
    MATCH_ONE_PICTURE = "give a folder (one picture is matched on its own)"
    GIVE_OUTPUT_FOLDER = "give a folder for the results"
    FEWER_AT_ONCE = "run fewer at once"
    LESS_MEMORY = (
        "make the picture smaller, decode at half the size (a quarter of the memory), or choose a smaller model"
    )
    GRADE_FILE_SUFFIX = f"give {in_words(grade_suffixes())}"
    SERIES_GRADE = "leave it out: a series has one grade, saved as series.cube"
    EDIT_IN_TEN_NUMBERS = "match with transform cdl, without trims of lightness or colour alone"
    CUBE_OR_CDL = f"save {in_words(lattice_suffixes())} files, or match with transform cdl"
    SAVED_SETTINGS = "give a settings file that was saved by this program"
    CLIP_AS_CLIP = "match or apply a grade to it as a clip; for a picture, export still frames first"
    INSTALL_CLUSTER = 'install one more package: pip install "reswd-studio[cluster]"'
    CHECK_CLUSTER = "check the cluster's address; for one with a token set RAY_AUTH_MODE=token"
