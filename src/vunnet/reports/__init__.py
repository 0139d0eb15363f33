"""A workspace's rows → analysis tables → a cached result. The only room that calls analysis for the CRM. Never a formula."""
