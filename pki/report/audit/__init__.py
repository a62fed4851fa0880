"""What an audit of many chains comes to: rows, and what is made of them. Text and bytes; no I/O."""
