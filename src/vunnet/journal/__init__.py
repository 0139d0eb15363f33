"""The append-only record of everything done: what, by whom, to what, with what changed. Also the outbox that jobs read.

Never here: a rule of selling, or a reference to a sales table (an entry names its object by table and id).
"""
