"""Reading inputs: the arguments of components, taken apart into what the SDK parses."""
