"""The words that say it: what an interface marks in the evidence."""

from pipeline.reading.events import Event

_REACH = 40
"""Characters from the verb to its thing ("granted formal recognition") that are still one expression."""

_WHOLE = 100
"""Characters that are more than an expression: a passage which was rewritten as a whole before it was read."""


def trigger(event: Event) -> tuple[int, int] | None:
    """Where in its sentence an event's verb or noun stands, with the thing it acts upon where that is near and no name.

    Code points, end exclusive; None where the words stand in another sentence, which this one takes up.
    """
    parsed, sentence = event.parsed, event.parsed.sentence
    places = [parsed.spans[event.head.i]]
    if event.thing is not None and event.thing.doc is event.head.doc and parsed.mention(event.thing) is None:
        places.append(parsed.spans[event.thing.i])
    start, end = min(first for first, _ in places), max(last for _, last in places)
    if end - start > _REACH + sum(last - first for first, last in places):
        start, end = places[0]
    if not sentence.start <= start < end <= sentence.end or end - start > _WHOLE:
        return None
    return start - sentence.start, end - sentence.start
