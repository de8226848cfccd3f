"""What the conformance tests stand on."""
