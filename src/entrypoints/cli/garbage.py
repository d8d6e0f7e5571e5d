"""What a start leaves in memory, and the garbage collector."""

import gc


def collect_later() -> None:
    """Let nothing be collected until `spare_what_stays`; call it before anything is imported.

    A start makes a hundred thousand objects and hardly any garbage; looking for it again and again
    was a fifth of its time.
    """
    gc.disable()


def spare_what_stays() -> None:
    """Exempt everything that exists now from garbage collection; call it when a start is done.

    Modules, routes and models stay as long as the process does. Every full collection would walk
    all of their hundred thousand objects again, and nobody is answered meanwhile (80 ms). Only
    for processes of our own: a host application decides for itself.
    """
    gc.freeze()
    gc.enable()
