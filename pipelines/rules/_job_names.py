"""How the service names the jobs of a step."""

from typing import Final

# 63 characters less `pipelines-`, 12 of the execution, two hyphens and 10 at random. How the service cuts exactly is not
# established.
ROOM: Final = 29
# Step types whose jobs and models are named so, with 63 characters.
CUT: Final = ("Processing", "Training", "Transform", "Model", "QualityCheck", "ClarifyCheck")
