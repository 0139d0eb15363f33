"""Other systems' rows into the CRM: in bulk, resumable, and the same file twice creates nothing."""
