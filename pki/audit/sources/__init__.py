"""What an audit reads: files told apart by what they hold, each read as a stream of inputs in its own order."""
