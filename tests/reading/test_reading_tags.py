"""The table gives what the model's own attribute ruler gives."""

import pytest
from spacy.util import load_model

from pipeline.reading.tags import TagTable
from pipeline.settings import Settings

_SENTENCES = (
    "Norway, which has an embassy in Kabul, does not recognise the government that rules there.",
    "Neither of the two has said when they will have opened theirs, but both are thinking of it.",
    "Nobody was told whether it would be closed; this could have been anyone's choice.",
)


@pytest.mark.filterwarnings("ignore:.*W108")
def test_the_table_agrees_with_the_ruler() -> None:
    nlp = load_model(Settings().language_model, exclude=["ner", "senter"])
    table = TagTable(nlp.get_pipe("attribute_ruler"))
    agreed = total = 0
    for sentence in _SENTENCES:
        ruled = nlp(sentence)
        with nlp.select_pipes(disable=["attribute_ruler", "lemmatizer"]):
            tabled = nlp(sentence)
        table(tabled)
        nlp.get_pipe("lemmatizer")(tabled)
        for one, other in zip(ruled, tabled, strict=True):
            total += 1
            agreed += (one.pos_, one.lemma_, str(one.morph)) == (other.pos_, other.lemma_, str(other.morph))
    assert agreed >= total - 1, f"{total - agreed} of {total} tokens differ"
