"""Workspaces, the people in them and their roles, custom field definitions, and the walls between workspaces."""
