"""Configuration profiles as others hand them over: read, and held against what Apple publishes about them."""
