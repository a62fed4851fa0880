"""Values into words: verdicts, transcripts, inspections and rule pages as text and JSON. No I/O."""
