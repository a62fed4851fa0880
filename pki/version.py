"""The one place that states the version; the build and `trustrig --version` both read it."""

__version__ = "0.1.0"
