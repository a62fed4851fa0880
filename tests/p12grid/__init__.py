"""Many PKCS #12 files of many programs, and what the readers that can be run here make of each."""
