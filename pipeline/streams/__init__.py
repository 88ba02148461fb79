"""The roles that move records between topics: gate, worker (read and judge), publish. They decide nothing themselves.

transactional   the loop of gate and publish: consume, transform, produce and commit in one Kafka transaction
gate, publish   their transforms
agents          the Faust app of the worker; seen: what it remembers of a text; worker: its life as a process
faust_repairs   what Faust does wrong and is put right here
dead_letters    what a stage refuses, with the reasons beside it
watchdog, giving_up   a role that stands still or cannot go on ends, and is started anew
admin, clients  the topics; how Kafka is reached
tail, snapshot, lag   reading topics, and how far a group is behind
replay, watching      the two ends: articles in, alerts out
drain, workers        all of it in one go
"""
