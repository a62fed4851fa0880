"""The vocabularies, one module for each family of programs."""
