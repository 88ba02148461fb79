"""The tables that people ask: a SQLite file made from the topics, and HTTP over it."""
