"""A worker whose reader costs a few milliseconds and takes each word of a text for a claim: to be joined and left.

worker_process.py SETTINGS_JSON
"""

import asyncio
import signal
import sys
import time

from pipeline.reading.reader import Reading
from pipeline.records import Claim, Document, Evidence, claim_id
from pipeline.settings import Settings
from pipeline.streams import logs, worker


def read(document: Document) -> Reading:
    time.sleep(0.004)
    return Reading(claims=tuple(_claim(document, word) for word in document.text.split()))


def _claim(document: Document, word: str) -> Claim:
    said = {"subject": "kosovo", "country": "KE", "predicate": "recognized"}
    return Claim.model_validate(
        said
        | {
            "id": claim_id(digest=document.digest, source=document.source, sentence=word, **said),
            "aspect": "event",
            "evidence": Evidence(sentence=word, start=0, end=len(word)),
            "confidence": 0.9,
            "digest": document.digest,
            "signature": document.signature,
            "article_id": document.article_id,
            "source": document.source,
            "reader": "words/1",
        }
    )


async def main() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await worker.run_worker(Settings.model_validate_json(sys.argv[1]), stop)


if __name__ == "__main__":
    logs.configure(roles=True)
    setattr(worker, "load_reader", lambda _: read)  # noqa: B010 - in place of the one that the settings name
    asyncio.run(main())
