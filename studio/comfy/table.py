"""Every node, once: its inputs with their defaults and what they say to a person, its outputs, and what it runs."""

from __future__ import annotations

from typing import Any

from reswd_torch.inpainting.names import FEATHER, WIDEST
from reswd_torch.settings import AIMS, CUBE_SIZES, METHODS, SCENES, TRANSFORMS
from studio.comfy import host
from studio.comfy.grades import Grades
from studio.comfy.sockets import CHOICE, GRADE, IMAGE, MASK, MODEL, NUMBER, SWITCH, TEXT, VAE, WHOLE, Node, Plug, Socket

MOST_SEED = 2**32 - 1
SCOPE_KINDS = ("waveform", "parade", "vectorscope", "vectorscope-2x", "histogram")
FORMATS = ("cube", "ccc", "cdl", "clf")
ONE_GRADE, ONE_EACH = "the whole batch", "each picture"


def _match(grade_for: str, images: Any, **options: Any) -> tuple[Any, ...]:
    from studio.comfy.nodes import match_colours

    return match_colours(images, one_each=grade_for == ONE_EACH, **options)


def _apply(images: Any, grade: Any, **options: Any) -> tuple[Any, ...]:
    from studio.comfy.nodes import apply_grade

    return (apply_grade(images, grade, **options),)


def _save(grade: Grades, filename_prefix: str, format: str, cube_size: str) -> tuple[Any, ...]:
    from studio.comfy.nodes import kind_in_words, save_grade

    folder = host.output_folder()
    saved = save_grade(grade, folder, prefix=filename_prefix, kind=format, size=int(cube_size))
    return (*(path.relative_to(folder).as_posix() for path in saved), kind_in_words(grade))


def _load(file: str, strength: float) -> tuple[Any, ...]:
    from studio.comfy.nodes import open_grade

    return (open_grade(host.grade_folders(), file, strength=strength),)


def _inpainted(image: Any, generated: Any, mask: Any, feather: float, seed: int) -> tuple[Any, ...]:
    from studio.comfy.inpainting import matched

    return (matched(image, generated, mask, feather=feather, seed=seed),)


def _repaired(images: Any, anchor_frames: str, find_cuts: bool, seed: int, anchors: Any = None) -> tuple[Any, ...]:
    from studio.comfy.nodes import repair_drift

    return repair_drift(images, anchors=anchors, frames=anchor_frames, cuts=find_cuts, seed=seed)


def _guided(
    model: Any, vae: Any, palette: str, strength: float, start: float, stop: float, seed: int, reference: Any = None
) -> tuple[Any, ...]:
    from studio.comfy.packages import check_guidance

    check_guidance()
    from guidance.settings import GuidanceSettings
    from studio.comfy.guidance import guided

    settings = GuidanceSettings(strength=strength, start=start, stop=stop, seed=seed)
    return (guided(model, vae, reference, palette, settings),)


def _scopes(images: Any, kind: str, width: int, height: int) -> tuple[Any, ...]:
    from studio.comfy.nodes import scopes

    return (scopes(images, kind=kind, width=width, height=height),)


_IMAGES = Socket("images", IMAGE, "The pictures or frames to grade. An alpha channel is kept as it is.")
_STRENGTH = Socket(
    "strength",
    NUMBER,
    "0 leaves the pictures as they are, 1 is the match, more goes beyond it.",
    1.0,
    low=0.0,
    high=4.0,
    step=0.05,
)
_SEED = Socket(
    "seed",
    WHOLE,
    "Chooses the pixels that are looked at. The same seed gives the same result.",
    0,
    low=0,
    high=MOST_SEED,
)
_WHERE = (
    "Where the pictures change, 1 is where. A mask of another size is scaled to theirs, bilinear; one mask serves all "
    "frames."
)
_PALETTE = Socket(
    "palette",
    TEXT,
    "Colours instead of a reference picture, with weights where wanted: #1d3557:3, #e63946. Empty with pictures.",
    "",
)
_GRADED = Plug(
    IMAGE,
    "images",
    "The graded pictures, float32. Frames of 8-bit values stay 8-bit values, as the command line rounds them.",
)

MATCH = Node(
    "ReSWD_MatchColours",
    "Match Colours",
    "Gives pictures or frames the colours of a reference. One grade for all frames, so that nothing flickers.",
    (
        _IMAGES,
        Socket(
            "grade_for",
            CHOICE,
            f"'{ONE_GRADE}': one grade for all frames, which cannot flicker. '{ONE_EACH}': a grade for each alone; as many "
            "references as pictures go in pairs.",
            ONE_GRADE,
            options=(ONE_GRADE, ONE_EACH),
        ),
        Socket(
            "method",
            CHOICE,
            "fast is right nearly always. The paper's own method is reswd; mkl, reinhard and histogram are formulas to "
            "compare with.",
            "fast",
            options=METHODS,
        ),
        Socket(
            "transform",
            CHOICE,
            "cdl: ten numbers that every grading program knows. lut: a smooth 3-D table, which follows more. auto: what the "
            "pictures bear.",
            "auto",
            options=TRANSFORMS,
        ),
        Socket(
            "aim",
            CHOICE,
            "What to take of a reference that shows something else: its look (how it was graded), its mood (light, warmth, "
            "contrast), or all its colours. auto: the mood of a picture, the colours of a palette.",
            "auto",
            options=("auto", *AIMS),
        ),
        _STRENGTH,
        Socket(
            "scene",
            CHOICE,
            "Whether both show the same things: then points found in both are followed. auto finds out.",
            "auto",
            options=SCENES,
        ),
        _SEED,
        _PALETTE,
        Socket(
            "reference", IMAGE, "The pictures with the colours, of any size. Several are taken together.", optional=True
        ),
        Socket("mask", MASK, _WHERE, optional=True),
        Socket(
            "reference_mask",
            MASK,
            "Where the reference counts, 1 is where. Scaled to its size like the mask.",
            optional=True,
        ),
    ),
    (
        _GRADED,
        Plug(
            GRADE, "grade", "The grade, to apply to other pictures or to save for Resolve, Premiere, Nuke and others."
        ),
    ),
    _match,
)
APPLY = Node(
    "ReSWD_ApplyGrade",
    "Apply Grade",
    "Applies a grade to pictures or frames.",
    (
        _IMAGES,
        Socket(
            "grade", GRADE, "From Match Colours, Load Grade or Repair Drift: one for all frames, or as many as frames."
        ),
        Socket(
            "strength",
            NUMBER,
            "0 leaves the pictures as they are, 1 is the grade as it is.",
            1.0,
            low=0.0,
            high=4.0,
            step=0.05,
        ),
        Socket("mask", MASK, _WHERE, optional=True),
    ),
    (_GRADED,),
    _apply,
)
SAVE = Node(
    "ReSWD_SaveGrade",
    "Save Grade",
    "Saves a grade in ComfyUI's output folder, for grading programs.",
    (
        Socket("grade", GRADE, "What to save."),
        Socket(
            "filename_prefix",
            TEXT,
            "The name in front of a number, with folders below the output folder where wanted. %year%, %month% and %day% are "
            "filled in.",
            "reswd/grade",
        ),
        Socket(
            "format",
            CHOICE,
            "cube and clf hold any grade. ccc and cdl hold ten numbers: match with transform cdl for them. Grades of many "
            "frames go into one ccc.",
            "cube",
            options=FORMATS,
        ),
        Socket(
            "cube_size",
            CHOICE,
            "Points along one side of a cube. 33 does for nearly everything.",
            "33",
            options=tuple(map(str, CUBE_SIZES)),
        ),
    ),
    (),
    _save,
    saves=True,
)
LOAD = Node(
    "ReSWD_LoadGrade",
    "Load Grade",
    "Loads a grade file (.cube, .cc, .ccc, .cdl, .clf and others) from ComfyUI's input folder or from models/luts.",
    (
        Socket(
            "file",
            CHOICE,
            "A file in ComfyUI's input folder or in models/luts, or the path of one below models.",
            "",
            options=host.grade_choices,
        ),
        Socket(
            "strength",
            NUMBER,
            "0 leaves pictures as they are, 1 is the file's grade.",
            1.0,
            low=0.0,
            high=4.0,
            step=0.05,
        ),
    ),
    (Plug(GRADE, "grade", "The grade."),),
    _load,
    names_file=True,
)
INPAINTING = Node(
    "ReSWD_MatchInpainting",
    "Match Inpainting",
    "Gives what was generated into a picture the colours and the light of what is around it, and puts it in.",
    (
        Socket("image", IMAGE, "The picture as it was, before anything was generated."),
        Socket("generated", IMAGE, "The picture with the generated part, of the same size."),
        Socket(
            "mask",
            MASK,
            "1 where it was generated: the mask of the inpainting. Scaled to the picture's size where it has another, bilinear.",
        ),
        Socket(
            "feather", NUMBER, "How far the edge is mixed inwards, in pixels.", FEATHER, low=0.0, high=WIDEST, step=1.0
        ),
        _SEED,
    ),
    (Plug(IMAGE, "images", "The picture with the generated part in its colours, float32; with the alpha of image."),),
    _inpainted,
)
DRIFT = Node(
    "ReSWD_RepairDrift",
    "Repair Drift",
    "Takes a slow drift of colour or exposure out of frames, by grades that change smoothly from one to the next.",
    (
        Socket("images", IMAGE, "The frames of a clip or a time-lapse, in order."),
        Socket(
            "anchor_frames",
            TEXT,
            "The numbers of the anchors' frames, from 0: 0, 40, 80. Negative ones count from the end.",
            "0",
        ),
        Socket("find_cuts", SWITCH, "Look for cuts, and treat each shot alone.", True),
        _SEED,
        Socket(
            "anchors",
            IMAGE,
            "Moments as they should look, one picture each, of any size. Without any the first frame looks right.",
            optional=True,
        ),
    ),
    (_GRADED, Plug(GRADE, "grade", "A grade for each frame: ten numbers each. Save Grade puts them into one ccc.")),
    _repaired,
)
GUIDE = Node(
    "ReSWD_GuideSampling",
    "Guide Sampling",
    "Has a model paint in the colours of a reference or a palette, while it samples.",
    (
        Socket("model", MODEL, "The model that paints stills."),
        Socket("vae", VAE, "Its VAE, through which guidance sees the colours."),
        _PALETTE,
        Socket(
            "strength",
            NUMBER,
            "How strongly the picture is pulled to the reference; 0 leaves the sampling as it is.",
            1.0,
            low=0.0,
            high=2.0,
            step=0.05,
        ),
        Socket(
            "start", NUMBER, "The share of the steps after which guidance begins.", 0.0, low=0.0, high=1.0, step=0.01
        ),
        Socket("stop", NUMBER, "The share of the steps up to which it works.", 1.0, low=0.0, high=1.0, step=0.01),
        _SEED,
        Socket("reference", IMAGE, "A picture with the colours, or one for each picture of the batch.", optional=True),
    ),
    (Plug(MODEL, "model", "The model, whose sampling is steered. The one that came in stays as it was."),),
    _guided,
)
SCOPES = Node(
    "ReSWD_Scopes",
    "Scopes",
    "Draws the waveform, the vectorscope or the histogram of each picture.",
    (
        Socket("images", IMAGE, "The pictures to look at."),
        Socket("kind", CHOICE, "Which scope.", "waveform", options=SCOPE_KINDS),
        Socket("width", WHOLE, "Width of the drawing, pixels.", 720, low=120, high=2048),
        Socket("height", WHOLE, "Height of the drawing, pixels.", 440, low=120, high=2048),
    ),
    (Plug(IMAGE, "scopes", "A drawing for each picture."),),
    _scopes,
)

NODES = (MATCH, APPLY, SAVE, LOAD, INPAINTING, DRIFT, GUIDE, SCOPES)
