"""The tables of faults and variants, read when one is first asked for: most runs need neither."""

from collections.abc import Iterable, Mapping

from emulator.alterations import Alteration, chosen


def faults() -> Mapping[str, Alteration]:
    """Return every fault by name."""
    from emulator.faults import FAULTS  # noqa: PLC0415 - a fifth of the time that it takes to start

    return FAULTS


def variants() -> Mapping[str, Alteration]:
    """Return every variant by name."""
    from emulator.variants import VARIANTS  # noqa: PLC0415 - as above

    return VARIANTS


def chosen_faults(names: Iterable[str]) -> tuple[Alteration, ...]:
    """Look faults up by name."""
    wanted = tuple(names)
    return chosen("fault", wanted, faults()) if wanted else ()


def chosen_variants(names: Iterable[str]) -> tuple[Alteration, ...]:
    """Look variants up by name."""
    wanted = tuple(names)
    return chosen("variant", wanted, variants()) if wanted else ()
