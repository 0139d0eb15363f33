"""Pages: one folder per area."""
