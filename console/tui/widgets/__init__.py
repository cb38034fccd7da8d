"""Parts of screens. Rule: rows in, past-tense messages out; a widget knows no session."""
