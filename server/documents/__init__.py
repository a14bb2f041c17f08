"""What every document has: a number, notes, attachments, what was typed and not yet saved."""
