"""What documents for programs are declared with: a `TypedDict` beside the function that builds it.

mypy holds the builder to it, and docs/generate.py makes the JSON Schema of it: the class's docstring describes the
object, and a comment above a field or at the end of its line describes the field. A document's first field is `schema`.
The types of values are in `pki.report.fields`. Nothing reads the classes at run time, so there they are plain ones: a
TypedDict of the standard library compiles each annotation, which costs `evaluate` a millisecond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypedDict as TypedDict
else:

    class TypedDict:
        """A declaration; builders return plain dicts."""
