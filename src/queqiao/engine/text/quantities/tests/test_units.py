import pytest

from queqiao.engine.text.quantities.units import convert, recognise, same_dimension


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("W/(m·K)", "W/(m.K)"), ("mAh/g", "mA.h/g"), ("cN/dtex", "cN/dtex"), ("N/15mm", "N/15mm"),
        ("kWh/Nm3", "kW.h/m3"),
        ("元/吨", "CNY/t"), ("毫克每立方米", "mg/m3"), ("m3/(h·m2)", "m3/(h.m2)"), ("mg·L-1", "mg/L"), ("dB(A)", "dB"),
        ("次/分", "1/min"), ("转/分", "r/min"), ("g/100mL", "g/100mL"), ("克/立方厘米", "g/cm3"),
        ("CFU/mL", "[CFU]/mL"), ("Nm", "N.m"), ("L/(m2·h)", "L/(m2.h)"), ("MPa·m1/2", "MPa.m1/2"),
        ("元/斤", "CNY/kg"),
        ("次/站·年", "1/a"), ("次/年·台", "1/a"), ("kg/槽", "kg"), ("千瓦时每吨", "kW.h/t"), ("kgce/t", "kg.ce/t"),
        ("°F", "[degF]"), ("华氏度", "[degF]"), ("mph", "[mi]/h"), ("lbf·ft", "[lbf].[ft]"),
    ],
)  # fmt: skip
def test_a_unit_is_recognised_however_it_is_written(written: str, code: str):
    unit = recognise(written, 0)
    assert unit is not None
    assert (unit.code, unit.length) == (code, len(written))


def test_letters_that_go_on_are_no_unit():
    assert recognise("mixer", 0) is None
    assert recognise("", 0) is None


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (1, "MPa", "kPa", 1000), (25, "Cel", "K", 298.15), (300, "K", "Cel", 26.85), (1, "%", "[ppm]", 10_000),
        (1, "permille", "%", 0.1), (15, "mu", "ha", 1), (1, "t/d", "t/a", 365), (1, "g/100mL", "g/L", 10),
        (1, "kW.h", "MJ", 3.6), (60, "1/min", "1/s", 1), (1, "g/(m2.d)", "g/(m2.h)", 1 / 24), (3, "N/15mm", "N/m", 200),
        (1, "m[H2O]", "kPa", 9.80665), (5, "L/100km", "L/km", 0.05), (1, "daN", "N", 10), (2, "PS", "W", 1470.9975),
        (500, "[degF]", "Cel", 260), (0, "Cel", "[degF]", 32), (-459.67, "[degF]", "K", 0), (1, "[ft]", "m", 0.3048),
        (60, "[mi]/h", "km/h", 96.56064), (1, "[gal]/min", "L/min", 3.785411784), (1, "[lbf].[ft]", "N.m", 1.3558179),
        (1, "[HP]", "W", 745.69987),
    ],
)  # fmt: skip
def test_values_convert_between_units_of_one_dimension(value: float, unit: str, to: str, expected: float):
    assert convert(value, unit, to) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("unit", "other"), [("MPa", "mm"), ("HV", "HRC"), ("dB", "%"), ("[CFU]/g", "[CFU]/mL"), ("r/min", "Hz")]
)
def test_values_of_other_dimensions_never_convert(unit: str, other: str):
    assert convert(1, unit, other) is None
    assert not same_dimension(unit, other)


def test_a_difference_of_temperatures_has_no_offset():
    assert convert(3, "Cel", "K", difference=True) == 3
    assert convert(9, "[degF]", "K", difference=True) == pytest.approx(5)


def test_a_unit_that_nobody_knows_compares_with_itself_only():
    assert convert(2, "kg.cm", "kg.cm") == 2
    assert convert(2, "夸克", "kg") is None
