"""A whole workspace as one file, and a workspace made from such a file. Never here: a rule of selling.

The file is a zip: `manifest.json` (what it is), `tables/<table>.jsonl` (one row a line, with all its columns), `files/<number>/<name>`
(attachments as they were). Rows keep their numbers in the file; on the way back each gets a new one, and whatever points at it follows.
"""
