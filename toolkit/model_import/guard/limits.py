"""How large a model file from a stranger may be: anything larger is refused before it costs anything."""

#: Bytes of the file, packed and unpacked.
MOST_BYTES, MOST_UNPACKED = 50_000_000, 64_000_000
#: Bytes of a JSON text, its depth of nesting, and the digits of a number in it.
MOST_JSON, MOST_DEPTH, MOST_DIGITS = 1_000_000, 40, 40
#: Groups and data sets of an HDF5 file, and bytes of an attribute.
MOST_OBJECTS, MOST_ATTRIBUTE = 3_000, 1_000_000
#: Layers of a network, including those of nested networks, and the depth of nesting.
MOST_LAYERS, MOST_NESTED = 300, 3
#: Outputs that one layer may merge.
MOST_MERGED = 16
#: Units or filters of a layer, the height or width of a picture, and a window's side.
MOST_UNITS, MOST_SIDE, MOST_WINDOW = 65_536, 4_096, 64
#: Numbers that one layer outputs for a row, and that all layers together do.
MOST_VALUES, MOST_VALUES_TOGETHER = 4_000_000, 40_000_000
#: Rows of a batch that the file may mention; no such batch is ever made.
MOST_BATCH = 100_000
#: Parameters of the network, and multiplications for one row.
MOST_PARAMETERS, MOST_PRODUCTS = 16_000_000, 20_000_000_000
