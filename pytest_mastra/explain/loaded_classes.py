"""Classes by the names of their modules, without an import.

Of a class whose module was never loaded, there are no objects.
"""

from __future__ import annotations

import sys

Home = tuple[str, str]
"""A module and the name of a class in it."""


def loaded_classes(*homes: Home) -> tuple[type, ...]:
    """Return the classes whose modules are loaded, in this order."""
    loaded = ((sys.modules.get(module), name) for module, name in homes)
    return tuple(getattr(module, name) for module, name in loaded if module is not None)
