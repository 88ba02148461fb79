"""The contract for programs, generated: JSON Schema of the records, AsyncAPI of the topics, OpenAPI of the HTTP API."""

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

import yaml

from pipeline import __version__, records
from pipeline.serving.app import document
from pipeline.streams import dead_letters
from pipeline.topology import Topic, Topology

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
RECORDS: tuple[type[records.Record], ...] = (
    records.Article,
    records.Document,
    records.Claim,
    records.Fact,
    records.Status,
    records.Change,
    records.StatusRow,
    records.Alert,
    records.DeadLetter,
)
_WRITTEN_BY_OTHERS = frozenset({records.Article})
_BINDING_VERSION = "0.5.0"

# What reads and writes what, in the order of the line.
_ROLES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "replay": ((), ("articles",)),
    "gate": (("articles",), ("documents", "articles.dlq")),
    "read": (("documents",), ("claims", "documents.dlq")),
    "judge": (("claims",), ("changes", "status", "claims.dlq")),
    "publish": (("changes",), ("alerts", "changes.dlq")),
    "serve": (("status", "claims", "alerts"), ("articles",)),
    "notify": (("alerts",), ("alerts.dlq",)),
    "subscriber": (("alerts", "status"), ()),
}
_ROLE_ABOUT = {
    "replay": "`recognition replay`, or any producer of articles",
    "gate": "role `gate`: validates, cleans, dates, drops the irrelevant; transactional",
    "read": "agent `read` of role `worker`: reads what was not read before; at least once",
    "judge": "agent `judge` of role `worker`: folds claims into the status; at least once",
    "publish": "role `publish`: each change once; transactional",
    "serve": "role `serve`: the tables and the alerts over HTTP; takes articles in",
    "notify": "role `notify`: alerts to webhooks; at least once",
    "subscriber": "whoever wants to know; alerts are to be read with isolation level read_committed",
}
_HEADERS = {
    dead_letters.EXCEPTION: "class of the error",
    dead_letters.MESSAGE: "what the error says",
    dead_letters.TOPIC: "topic of the refused message",
    dead_letters.PARTITION: "its partition, a decimal number",
    dead_letters.OFFSET: "its offset, a decimal number",
    dead_letters.TIMESTAMP: "its timestamp, milliseconds since 1970; empty when it had none",
    dead_letters.STAGE: "gate, read, judge, publish or notify",
    dead_letters.ATTEMPTS: "how often it was refused",
    dead_letters.VERSION: "version of the software that refused it",
}
_NOTIFY_HEADERS = {
    dead_letters.ENDPOINT: "on alerts.dlq: the endpoint that did not get the alert",
    dead_letters.HTTP_STATUS: "on alerts.dlq: what the endpoint answered last; empty when no answer came",
    dead_letters.TRIES: "on alerts.dlq: how often the alert was sent there; 0 when its destination is refused",
}


def files() -> dict[str, str]:
    """Every generated file by name, as it is checked in."""
    generated = {schema_name(record): _json(record_schema(record)) for record in RECORDS}
    return generated | {"asyncapi.yaml": _yaml(asyncapi(Topology())), "openapi.json": _json(document())}


def schema_name(record: type[records.Record]) -> str:
    """The file of a record's schema: ``status-row.schema.json``."""
    return f"{_kebab(record.__name__)}.schema.json"


def record_schema(record: type[records.Record]) -> Schema:
    """The schema of a record's wire form: of an Article what is accepted, of the others what is sent."""
    mode: Literal["validation", "serialization"] = "validation" if record in _WRITTEN_BY_OTHERS else "serialization"
    identity = f"urn:recognition-watch:{_kebab(record.__name__)}:{records.SCHEMA_VERSION}"
    return {"$schema": DIALECT, "$id": identity, **record.model_json_schema(mode=mode)}


def asyncapi(topology: Topology) -> Schema:
    """The AsyncAPI 3.0 document: every topic with key, record, partitions and retention, and who uses it."""
    public = {topic.name: topic for topic in topology.all() if topic.record is not records.Record}
    messages = {topic.record.__name__: _message(topic) for topic in public.values()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Recognition Watch",
            "version": __version__,
            "description": "Which country recognises which government or state, read from the news as a stream. "
            "Values are JSON in UTF-8; keys are UTF-8 text. RECOGNITION_TOPIC_PREFIX goes before every address, "
            "RECOGNITION_PARTITIONS sets the partitions of every topic alike.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "127.0.0.1:9092",
                "protocol": "kafka",
                "description": "RECOGNITION_BOOTSTRAP; TLS and SASL by the settings beside it",
            }
        },
        "channels": {_identifier(topic.name): _channel(topic) for topic in topology.all()},
        "operations": _operations(public),
        "components": {"messages": messages | {"DeadLetter": _dead_letter_message()}},
    }


def _channel(topic: Topic) -> Schema:
    channel: Schema = {
        "address": topic.name,
        "description": topic.about,
        "servers": [{"$ref": "#/servers/kafka"}],
    }
    if topic.record is records.Record:
        channel["description"] += "; written and read by the workers alone, its form is no promise"
    else:
        name = topic.record.__name__
        channel["messages"] = {name: {"$ref": f"#/components/messages/{name}"}}
    channel["bindings"] = {
        "kafka": {
            "topic": topic.name,
            "partitions": topic.partitions,
            "topicConfiguration": {
                "cleanup.policy": topic.cleanup.split(","),
                "retention.ms": topic.retention_ms,
                "max.message.bytes": topic.max_message_bytes,
            },
            "bindingVersion": _BINDING_VERSION,
        }
    }
    return channel


def _operations(topics: Mapping[str, Topic]) -> dict[str, Schema]:
    operations = {}
    for role, (inputs, outputs) in _ROLES.items():
        for action, names in (("receive", inputs), ("send", outputs)):
            for name in names:
                topic = topics[name]
                channel = f"#/channels/{_identifier(name)}"
                operations[_identifier(f"{role}.{action}.{name}")] = {
                    "action": action,
                    "channel": {"$ref": channel},
                    "summary": _ROLE_ABOUT[role],
                    "tags": [{"name": role}],
                    "messages": [{"$ref": f"{channel}/messages/{topic.record.__name__}"}],
                }
    return operations


def _message(topic: Topic) -> Schema:
    summary = (topic.record.__doc__ or "").splitlines()[0].replace("``", "`")
    return {
        "name": topic.record.__name__,
        "summary": summary,
        "contentType": "application/json",
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./{schema_name(topic.record)}"},
        },
        "bindings": {"kafka": _key(topic.key)},
    }


def _dead_letter_message() -> Schema:
    return {
        "name": "DeadLetter",
        "summary": "A message that a stage refused, its key and value untouched, the reason in its headers. "
        "`recognition dlq` shows it in the form of dead-letter.schema.json.",
        "contentType": "application/octet-stream",
        "headers": {
            "type": "object",
            "description": "UTF-8 text; headers that the message had stay beside them",
            "properties": {
                name: {"type": "string", "description": about} for name, about in (_HEADERS | _NOTIFY_HEADERS).items()
            },
            "required": list(_HEADERS),
        },
        "payload": {"description": "the bytes of the refused message, whatever they are"},
        "bindings": {"kafka": _key("that of the refused message")},
    }


def _key(about: str) -> Schema:
    return {"key": {"type": "string", "description": about}, "bindingVersion": _BINDING_VERSION}


def _identifier(name: str) -> str:
    return name.replace(".", "-")


def _kebab(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def _json(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _yaml(document: Schema) -> str:
    header = "# Generated by `recognition schemas`; a test holds it to pipeline/topology.py and pipeline/records.py.\n"
    return header + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
