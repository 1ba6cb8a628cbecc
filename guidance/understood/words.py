"""What was understood of a prompt, in words for a person."""

from __future__ import annotations

from guidance.known import Known, in_words, with_article
from guidance.understood.explaining import Understood
from guidance.understood.roles import Role

_MOST_WORDS = 6
"""Words that were not understood and are named."""


def rows(understood: Understood) -> list[tuple[str, str, float]]:
    """What was understood as rows of role, value and confidence (0..1); a background of one colour is one row."""
    made = []
    for part in understood.parts:
        value = part.value
        if part.role is Role.TOP and understood.of(Role.BOTTOM) not in (None, value):
            value = f"{value} to {understood.of(Role.BOTTOM)}"
        elif part.role is Role.BOTTOM and understood.of(Role.TOP) is not None:
            continue
        elif value in understood.unpainted:
            value = f"{value} (which this model does not paint)"
        made.append((str(part.role), value, part.confidence))
    return made


def not_understood(understood: Understood) -> str | None:
    """A line on what was not understood; None where everything was."""
    if not understood.prompt.strip():
        return "not understood: the prompt is empty"
    parts = [_some(understood.unknown, "and")] if understood.unknown else []
    if understood.further:
        parts.append(f"{in_words(understood.further, 'and')} (two objects are understood at most)")
    if not understood.parts and not parts:
        parts.append("the prompt names nothing that the model knows")
    if understood.tokens > understood.read > 0:
        parts.append(
            f"what follows the first {understood.read - 2} word pieces of {understood.tokens - 2}, which is not read"
        )
    return f"not understood: {'; '.join(parts)}" if parts else None


def taken_for(understood: Understood) -> str | None:
    """A line on words that were taken for an object; None where none was."""
    taken = tuple(f"{word!r} for {name}" for word, name in understood.taken_for.items())
    return f"taken: {in_words(taken, 'and')}" if taken else None


def hint(understood: Understood, known: Known) -> str | None:
    """One line about a prompt that asks for more than a model knows; None for any other prompt.

    It says what of the prompt the model knows and what it does not, and offers a caption of the form that it was trained on.
    Where the prompt names no object, known words that are spelt nearly like those of the prompt are offered.
    """
    objects = (*understood.objects, *understood.further)
    if not understood.prompt.strip():
        return None
    if not objects:
        close = known.spelt_like(understood.unknown)
        offered = (
            f"did you mean {in_words(close, 'or')}?" if close else f'write a caption such as "{known.captions[2]}"'
        )
        return f"This small model knows {len(known.names)} objects, and the prompt names none of them: {offered}"
    beyond = len(objects) > (2 if _takes_two(known) else 1)
    if not (understood.unknown or understood.taken_for or understood.unpainted or beyond):
        return None
    foreign = f", not {_some(understood.unknown, 'or')}" if understood.unknown else ""
    scene = f" It paints no {understood.unpainted[0]}." if understood.unpainted else ""
    guessed = tuple(f"{word!r} was taken for {name}" for word, name in understood.taken_for.items())
    guesses = f" ({in_words(guessed, 'and')})" if guessed else ""
    form = "one or two objects" if _takes_two(known) else "one object"
    return (
        f"Of this prompt the small model knows {in_words(objects, 'and')}{foreign}{guesses}.{scene} It was trained on short "
        f'captions of {form}: "{caption(understood, known)}" suits it best.'
    )


def caption(understood: Understood, known: Known) -> str | None:
    """What of a prompt a model was trained on, as a caption of the form that it knows; None where it names no object."""
    if not understood.objects:
        return None
    made = _coloured(understood.objects[0], understood.of(Role.OBJECT_COLOUR), known)
    if len(understood.objects) > 1 and _takes_two(known):
        made += f" and {_coloured(understood.objects[1], understood.of(Role.SECOND_COLOUR), known)}"
    if (place := known.place_of(understood.of(Role.SCENE))) is not None:
        return f"{made} {place}"
    top, bottom = understood.of(Role.TOP), understood.of(Role.BOTTOM)
    if top not in known.background_colours:
        return made
    if bottom in known.background_colours and bottom != top:
        return f"{made} on {with_article(top)} to {bottom} gradient background"
    return f"{made} on {with_article(top)} background"


def _coloured(name: str, colour: str | None, known: Known) -> str:
    """An object with its article, and with its colour where captions give it one."""
    return with_article(f"{colour} {name}" if colour in known.object_colours else name)


def _takes_two(known: Known) -> bool:
    """Whether captions of two objects were trained on."""
    return any(" and " in each for each in known.captions)


def _some(words: tuple[str, ...], joint: str) -> str:
    return f"{in_words(words[:_MOST_WORDS], joint)}{' ...' if len(words) > _MOST_WORDS else ''}"
