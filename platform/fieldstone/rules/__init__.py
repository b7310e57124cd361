"""One file per rule kind, exposing KIND: reads drafts and facts, returns verdicts, writes nothing."""
