"""Vunnet: a self-hosted sales CRM whose closed-won deal is the last room of the pipeline."""

__version__ = "0.1.0"
