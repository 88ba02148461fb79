"""What the OpenAPI document shows: records made up of one and the same event, so that they are always of their form."""

from typing import Any

from pipeline.records import Activity, Alert, AlertData, AlertEvidence, DatedSupport, Evidence, Fact, StatusRow, Support

_SENTENCE = "On 3 July, Moscow formally recognised the Taliban government."
_CLAIM_ID = "9c1e0f9d7f5e4b0b8a1d2c3e4f506172"
_OUTLET = {
    "article_id": "post-1",
    "source": "Harbour Post",
    "url": "https://harbour.example/1",
    "title": "Moscow recognises the Taliban",
    "published": "2025-07-04",
}
FRESHNESS: dict[str, Any] = {
    "as_of_offset": {"status": [2, 0, 1, 0], "claims": [9, 0, 4, 0], "alerts": [3, 0, 1, 0]},
    "lag": 0,
    "stale": False,
}
_PAIR = {"subject": "taliban", "country": "RU"}
_VALUE = {"value": "recognized", "since": "2025-07-03"}
_WEIGHT = {"confidence": "reported", "sources": 1, "independent": 1, "first_ever": True}
_ROW = StatusRow.model_validate(
    {
        **_PAIR,
        "dimension": "recognition",
        **_VALUE,
        "precision": "day",
        **_WEIGHT,
        "revision": 1,
        "updated": "2025-07-04",
        "activity": {window: Activity(claims=1, sources=1, independent=1) for window in ("1d", "7d", "30d")},
    }
).model_dump(mode="json")
_EVIDENCE = Evidence(sentence=_SENTENCE, start=120, end=120 + len(_SENTENCE), trigger=(18, 37))
_FACT = Fact.model_validate(
    {
        **_PAIR,
        "dimension": "recognition",
        **_VALUE,
        "aspect": "event",
        "dates": (DatedSupport(date="2025-07-03", independent=1),),
        **_WEIGHT,
        "support": (
            Support.model_validate(
                {"claim_id": _CLAIM_ID, **_OUTLET, "date": "XXXX-07-03", "confidence": 0.93, "evidence": _EVIDENCE}
            ),
        ),
    }
).model_dump(mode="json")
_LEARNED = "2025-07-04T09:30:00.250Z"
_FACT["support"][0] |= {"origin": _CLAIM_ID, "learned": _LEARNED}
_ALERT = Alert(
    id="5e4b0b8a1d2c3e4f5061729c1e0f9d7f",
    type="recognition.status.new",
    subject="taliban/RU",
    time="2025-07-04T00:00:00Z",
    data=AlertData.model_validate(
        {
            "kind": "new",
            **_PAIR,
            "dimension": "recognition",
            **_VALUE,
            "precision": "day",
            **_WEIGHT,
            "revision": 1,
            "evidence": (AlertEvidence.model_validate({**_OUTLET, **_EVIDENCE.model_dump()}),),
        }
    ),
).model_dump(mode="json")
_CLAIM: dict[str, Any] = {
    "schema_version": 1,
    "id": _CLAIM_ID,
    **_PAIR,
    "predicate": "recognized",
    "aspect": "event",
    "date": "XXXX-07-03",
    "date_basis": "stated",
    "polarity": "affirmed",
    "modality": "asserted",
    "attribution": None,
    "first_ever": False,
    "evidence": _EVIDENCE.model_dump(mode="json"),
    "confidence": 0.93,
    "digest": "0b8a1d2c3e4f5061729c1e0f9d7f5e4b",
    **_OUTLET,
    "dated": "2025-07-04",
    "dated_basis": "published",
    "reader": "english/1",
    "learned": _LEARNED,
}
_SUBJECT = {
    "id": "taliban",
    "name": "Taliban",
    "kind": "government",
    "aliases": ["Islamic Emirate of Afghanistan"],
    "countries": 1,
    "rows": 1,
    "updated": "2025-07-04",
    "earliest": "2025-07-03",
}


def _page(row: dict[str, Any], following: str | None = None) -> dict[str, Any]:
    return {"data": [row], "next": following, "freshness": FRESHNESS}


def _one(data: Any) -> dict[str, Any]:
    return {"data": data, "freshness": FRESHNESS}


def health(status: str) -> dict[str, Any]:
    """The reply of /healthz and /readyz."""
    return _one({"status": status})


SUBJECTS = _page(_SUBJECT)
SUBJECTS_CSV = (
    "id,name,kind,countries,rows,updated,earliest\r\ntaliban,Taliban,government,1,1,2025-07-04,2025-07-03\r\n"
)
COUNTRIES = _page({"code": "RU", "name": "Russia"})
COUNTRIES_CSV = "code,name\r\nRU,Russia\r\n"
ONTOLOGY = _page(
    {
        "dimension": "recognition",
        "label": "Recognition",
        "about": "Whether the country holds the subject to be a state, or the government of one.",
        "values": [
            {
                "value": "recognized",
                "label": "recognized",
                "predicate": "recognized",
                "aspect": "event",
                "cameo": "054",
                "plover": "SUPPORT",
                "mode": None,
            }
        ],
    }
)
STATUS = _page(_ROW, "WyJzIiwidGFsaWJhbiIsIlJVIiwicmVjb2duaXRpb24iXQ")
STATUS_CSV = (
    "subject,country,dimension,value,since,precision,confidence,sources,independent,first_ever,revision,updated,"
    "claims_1d,sources_1d,independent_1d,claims_7d,sources_7d,independent_7d,claims_30d,sources_30d,independent_30d\r\n"
    "taliban,RU,recognition,recognized,2025-07-03,day,reported,1,1,true,1,2025-07-04,1,1,1,1,1,1,1,1,1\r\n"
)
PAIR = _one({**_PAIR, "revision": 1, "rows": [_ROW]})
DAYS = _one([{"dimension": "recognition", "date": "2025-07-03", "rows": 1}])
DAYS_CSV = "dimension,date,rows\r\nrecognition,2025-07-03,1\r\n"
HISTORY = _one([_FACT])
HISTORY_CSV = (
    "subject,country,dimension,value,aspect,role,since,confidence,sources,independent,first_ever\r\n"
    "taliban,RU,recognition,recognized,event,current,2025-07-03,reported,1,1,true\r\n"
)
CLAIMS = _page(_CLAIM, "WyJjIiw3Mjg3NDk1NjUxNTE5MDc4NDFd")
CLAIMS_CSV = (
    "learned,subject,country,predicate,aspect,date,date_basis,polarity,modality,attribution,first_ever,confidence,"
    "source,published,url,title,article_id,id,digest,reader,sentence\r\n"
    f"{_LEARNED},taliban,RU,recognized,event,XXXX-07-03,stated,affirmed,asserted,,false,0.93,Harbour Post,2025-07-04,"
    f"https://harbour.example/1,Moscow recognises the Taliban,post-1,{_CLAIM_ID},{_CLAIM['digest']},english/1,"
    f'"{_SENTENCE}"\r\n'
)
ALERTS = _page(_ALERT, "3.0.1.0")
ALERTS_CSV = (
    "id,time,kind,subject,country,dimension,value,previous,since,precision,revision,confidence,sources,independent,"
    "first_ever,source,published,url,title,article_id,sentence\r\n"
    f"{_ALERT['id']},2025-07-04T00:00:00Z,new,taliban,RU,recognition,recognized,,2025-07-03,day,1,reported,1,1,true,"
    f'Harbour Post,2025-07-04,https://harbour.example/1,Moscow recognises the Taliban,post-1,"{_SENTENCE}"\r\n'
)
ARTICLE: dict[str, Any] = {
    "id": "post-1",
    "source": "Harbour Post",
    "url": "https://harbour.example/1",
    "title": "Moscow recognises the Taliban",
    "text": _SENTENCE,
    "published": "2025-07-04",
}
ACCEPTED = _one({"accepted": 1, "articles": [{"id": "post-1", "correlation": "articles/2/17"}]})
