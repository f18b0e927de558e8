"""HTCondor: the only package that imports its bindings or starts its tools."""
