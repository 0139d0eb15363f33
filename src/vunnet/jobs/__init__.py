"""Background work: fetch, call an action, an import or a report. Never a rule."""
