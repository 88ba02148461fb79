"""Processes of ours that must run: `recognition up` has all of a deployment, `recognition run` its workers.

process     one of them: started, listened to, started anew with growing pauses, stopped
order       all of them: none before its broker, stopped in the order in which data flow
signals     being asked to stop, and to hurry
lock        one set of them on a data directory
plan        the ports and paths of a deployment on one machine
deployment  such a deployment, from its start to its end
log         what its processes say, in one place
figures     what they have counted and how far they are behind, for people
page        all that on a terminal
"""
