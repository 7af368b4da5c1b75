"""How is a number of any size written for people? ``564``, ``0.32``, ``2.1 · 10⁻⁴⁰``."""

from __future__ import annotations

import math

from pages.ui.translate import Translate

_EXPONENT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, t: Translate) -> str:
    """Write a measured number; zero and what is no number in words."""
    if math.isnan(value):
        return t("no number (nan)")
    if math.isinf(value):
        return t("infinite")
    if value == 0:
        return t("exactly 0")
    said = _from_log(math.log10(abs(value)))
    return said if value > 0 else f"−{said}"


def power_of_ten(factor: float, times: int) -> str:
    """Write factor^times for a factor of at least 0, also where no float can hold it."""
    if factor == 0:
        return "0"
    return _from_log(times * math.log10(factor))


def _from_log(log: float) -> str:
    if -3 <= log < 5:
        value = 10.0**log
        return f"{value:,.0f}" if value >= 99.5 else f"{value:.2g}"
    power = math.floor(log)
    head = f"{10.0 ** (log - power):.1f}"
    if head == "10.0":
        power, head = power + 1, "1.0"
    return f"{head} · 10{str(power).translate(_EXPONENT)}"
