"""Pure: a Document becomes Claims: gazetteer, sentences, patterns, assertion, dates."""
