"""Model files from strangers: reads what they hold without Keras, or says why they are refused.

`model.read_model` takes a `.keras` or `.h5` file apart and checks every word of it against exact lists. It returns
names from our own lists, numbers and arrays: the network is rebuilt from them, and Keras never sees the file.
HDF5's parser is native code, so this runs in a throwaway process with limits (`jobs/import_worker.py`).

limits.py                        how large anything may be
suffixes.py                      checks of a file's name and size: all that other processes look at
refusals.py                      the error messages for a refused file
archive.py, hdf5.py              the zip and the HDF5 file: their expected members, and nothing else
json_text.py                     JSON, checked as a whole
keras2.py                        Keras 2's JSON, put into Keras 3's words
rules.py, objects.py, layers.py  what the settings of each known layer may be
flows.py                         the shapes and weights that follow from them
compiled.py                      the compile settings
members.py, architecture.py      JSON -> known layers and their links
weights.py                       the arrays of each layer
model.py                         a file -> its layers and weights
naming.py                        the layers by their names in a config
"""

from .limits import MOST_BYTES
from .refusals import harmless
from .suffixes import SUFFIXES, check_suffix, too_large

__all__ = ["MOST_BYTES", "SUFFIXES", "check_suffix", "harmless", "too_large"]
