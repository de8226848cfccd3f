"""What the emulator and the suite cost, beside others that do the like; no tests."""
