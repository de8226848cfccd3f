"""The commands of proxy-conformance, each a function from what was asked for to an exit status."""
