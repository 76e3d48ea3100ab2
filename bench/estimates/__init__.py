"""Performance that is estimated without labels, next to what labels say and to NannyML's own estimates."""
