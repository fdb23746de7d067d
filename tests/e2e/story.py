"""Reading what `fairlead deploy watch` told."""

import re


def weights(story: str, target: str) -> list[int]:
    """The weights that a target was brought to, in order."""
    return [int(found) for found in re.findall(rf"  {target}: goes to (\d+) %", story)]
