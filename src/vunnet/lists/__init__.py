"""What people do with many rows at once: lists over every table, saved views, changes in bulk and their undoing, exports."""
