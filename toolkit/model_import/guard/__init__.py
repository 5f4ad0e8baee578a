"""Model files from strangers: what they hold, read without Keras, or why they are refused.

`model.read_model` takes a `.keras` or `.h5` file apart and checks every word of it against exact lists. What comes out
are names from our own lists, numbers and arrays: the network is built anew from them, and Keras never sees the file.
HDF5's parser is native code, so this runs in a throw-away process with limits (`jobs/import_worker.py`).

limits.py                        how large anything may be
suffixes.py                      what a file's name and size tell: all that other processes look at
refusals.py                      what is said of a file that is not taken
archive.py, hdf5.py              the zip and the HDF5 file: what is in them, and nothing that isn't
json_text.py                     JSON, checked as a whole
rules.py, objects.py, layers.py  what the settings of each known layer may say
flows.py                         the shapes and weights that follow from them
compiled.py                      what is said of the training behind it
architecture.py                  JSON -> a chain of known layers
weights.py                       which numbers belong to which layer
model.py                         a file -> its layers and weights
naming.py                        the layers as a config names them
"""

from .limits import MOST_BYTES
from .refusals import harmless
from .suffixes import SUFFIXES, check_suffix, too_large

__all__ = ["MOST_BYTES", "SUFFIXES", "check_suffix", "harmless", "too_large"]
