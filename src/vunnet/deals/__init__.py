"""Pipelines, stages, deals and their append-only stage history, products and reasons."""
