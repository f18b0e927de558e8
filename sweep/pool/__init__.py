"""HTCondor: the only package that imports HTCondor's bindings and starts its tools."""
