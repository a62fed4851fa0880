"""What listens: the loop, its listeners, and what is answered to whom."""
