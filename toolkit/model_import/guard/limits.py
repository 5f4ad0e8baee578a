"""How large a model file from a stranger may be: whatever lies above is refused before it costs anything."""

#: Bytes of the file, and of what it unpacks to.
MOST_BYTES, MOST_UNPACKED = 50_000_000, 64_000_000
#: Bytes of a JSON text, how deep it may be nested, and how long a number in it may be.
MOST_JSON, MOST_DEPTH, MOST_DIGITS = 1_000_000, 40, 40
#: Groups and data sets of an HDF5 file, and bytes of one of its attributes.
MOST_OBJECTS, MOST_ATTRIBUTE = 3_000, 1_000_000
#: Layers of a network, those of the networks within it counted too, and how deep these may lie.
MOST_LAYERS, MOST_NESTED = 100, 3
#: Units or filters of a layer, the height or width of a picture, and a window's side.
MOST_UNITS, MOST_SIDE, MOST_WINDOW = 65_536, 4_096, 64
#: Numbers that a layer gives for one row, and all layers together.
MOST_VALUES, MOST_VALUES_TOGETHER = 4_000_000, 20_000_000
#: Rows of a batch that the file may speak of; nobody makes one of them.
MOST_BATCH = 100_000
#: Numbers that the network has learned, and multiplications for one row.
MOST_PARAMETERS, MOST_PRODUCTS = 16_000_000, 20_000_000_000
