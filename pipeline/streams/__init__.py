"""The roles that move records between topics: gate, worker (read and judge), publish."""
