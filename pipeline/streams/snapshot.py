"""A topic as it stands now: for commands that show it and go."""

from pipeline.settings import Settings
from pipeline.streams.admin import require_topics
from pipeline.streams.tail import partitions_of, read_to_end
from pipeline.topology import Topic


async def latest(settings: Settings, topic: Topic) -> dict[str, bytes]:
    """The last value of every key: what a compacted topic is a table of. A key whose last record is empty is gone.

    Raises RecognitionError when the topic is missing.
    """
    await require_topics(settings, topic)
    found: dict[str, bytes] = {}
    async for record in read_to_end(settings, partitions_of(topic)):
        key = (record.key or b"").decode()
        if record.value is None:
            found.pop(key, None)
        else:
            found[key] = record.value
    return found
