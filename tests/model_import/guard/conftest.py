"""The files that the guard's tests share are beside it; so is Keras, which the guard itself never asks."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
