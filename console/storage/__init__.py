"""Files: the journal of a run, its folder, and the runbook as YAML. Rule: what was written is never believed unread."""
