"""The command `vunnet`: parse arguments, call, print. Never a rule."""
