"""Units as people write them, the codes they become, and conversion between codes.

A code is ASCII in the manner of UCUM: ``um Cel MPa N.m W/(m.K) mg/L m3/h [ppm] [CFU]/g``. What UCUM has no symbol
for keeps a plain name (``times`` 次, ``mu`` 亩, ``CNY``, ``fps``), and ``1`` is a bare count: a piece is a one, so
240瓶/分钟 is 240 ``1/min`` and 0.5秒/件 is 0.5 ``s``.
"""

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pint

JIN = 0.5  # kg in a 斤; a 元/斤 is 2 CNY/kg
_ALIASES = {"Nm3": "m3", "pixel2": "pixel/[in]"}
_SUPERSCRIPT = re.compile(r"\^?([23])(?![\d.])")
_INVERSE = re.compile(r"[·.]?([A-Za-zΩμ°]+)(?:\^)?[-−]([123])(?!\d)")
_PER = re.compile(r"\s?(?:/|每)\s?")
_DOT = re.compile(r"[·⋅•*.×]")
_PER_DEGREE = re.compile(r"/(?:K|°C)(?![A-Za-z])")  # 11×10⁻⁶/℃
_COUNT = re.compile(
    r"(?:10|15|24|25|50|100|1000|10000)(?!\d)|\d{1,4}(?=\s?(?:h|min|d|小时|分钟|天|次|km|公里)(?![A-Za-z]))"
)
_MULTIPLE = re.compile(r"[万千百]")
_COUNTED = re.compile(r"[\u4e00-\u9fff]{1,2}(?=/(?:s|min|h|d|秒|分钟?|小时|天|日|年|月|周|班)(?![A-Za-z]))")  # 2000段/s
_COUNTED_BY = re.compile(r"[\u4e00-\u9fff]{1,2}(?=[·，。；、,;)\s]|$)")  # 次/站·年: whatever is counted by is a one
# Words that begin with the character of a unit: 0.02升到0.04, 8转速.
_WORDS = {
    "升": "到至高温降级起", "节": "约能省拍点流水", "安": "全装", "克": "服隆", "米": "线糠粉饭", "目": "标前的录",
    "回": "收路用火弹流复来归", "转": "速移化换让轮子矩炉", "托": "盘管", "特": "性征种殊点", "匹": "配", "口": "径岸",
    "牛": "奶肉皮羊", "周": "期边围", "瓦": "片楞", "分": "别布子类级解离层", "度": "过假量", "孔": "径隙", "根": "据",
    "支": "持撑架", "张": "力", "对": "比应于流", "条": "件", "包": "装括", "台": "阶架", "单": "元位个体独",
    "块": "钱",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit found in a text: its code, the factor before it (万件 is 10,000 ``1``), and how long its writing is."""

    code: str
    factor: float
    length: int


@lru_cache(maxsize=1)
def _forms() -> dict[str, str]:
    with Path(__file__).with_name("units.csv").open(encoding="utf-8", newline="") as file:
        return {form: row["code"] for row in csv.DictReader(file) for form in row["forms"].split(" ")}


@lru_cache(maxsize=1)
def _atom() -> re.Pattern[str]:
    """One unit, the longest writing first; Latin letters must not go on into a longer word."""
    forms = sorted(_forms(), key=lambda form: (-len(form), form))
    guarded = (
        re.escape(form) + (r"(?![A-Za-zΩμ])" if form[-1].isascii() and form[-1].isalpha() else _no_word(form))
        for form in forms
    )
    return re.compile("|".join(guarded))


def _no_word(form: str) -> str:
    return f"(?![{_WORDS[form]}])" if form in _WORDS else ""


def recognise(text: str, start: int) -> Unit | None:
    """Read the unit that begins at ``start`` of a folded text, or return None where there is none."""
    head = _product(text, start) or _counted_over_time(text, start)
    if head is None:
        return None
    code, factor, position = head
    while (per := _PER.match(text, position)) is not None:
        below = _denominator(text, per.end())
        if below is None or (code == "Cel" and text[per.end()].isdigit()):  # 150℃/1h: at, for
            break
        under, share, position = below
        code = _divide(code, under)
        factor /= share
    above, _, below_line = code.partition("/")
    factor *= JIN ** (above.count("jin") - below_line.count("jin"))
    code = code.replace("jin", "kg")
    return Unit(_ALIASES.get(code, code), factor, position - start)


def _counted_over_time(text: str, start: int) -> tuple[str, float, int] | None:
    """Read what is counted, whatever it is called, before a period (2000段/s), and nothing before a degree."""
    if _PER_DEGREE.match(text, start):
        return "1", 1.0, start
    word = _COUNTED.match(text, start)
    return ("1", 1.0, word.end()) if word else None


def _product(text: str, start: int) -> tuple[str, float, int] | None:
    """Read ``N·m``, ``kg``, ``m3``, ``mg·L-1``; return the code, a factor and where it ends."""
    found = _single(text, start)
    if found is None:
        return None
    code, position = found
    while (dot := _DOT.match(text, position)) is not None:
        more = _single(text, dot.end())
        if more is None or ("1" in (code, more[0]) and dot[0] != "·"):
            break
        inverse = _INVERSE.match(text, dot.end())
        if inverse is not None and inverse[1] in _forms():
            power = "" if inverse[2] == "1" else inverse[2]
            code, position = _divide(code, _forms()[inverse[1]] + power), inverse.end()
        else:
            code, position = _times(code, more[0]), more[1]
    return code, 1.0, position


def _times(code: str, other: str) -> str:
    """Multiply two codes; a piece is a one: 次/站·年 is per year."""
    return other if code == "1" else code if other == "1" else f"{code}.{other}"


def _single(text: str, start: int) -> tuple[str, int] | None:
    match = _atom().match(text, start)
    if match is None:
        return None
    code, position = _forms()[match[0]], match.end()
    power = _SUPERSCRIPT.match(text, position)
    if power is not None and code.isascii() and code.isalpha() and match[0][-1] not in "米度":
        code, position = code + power[1], power.end()
    return _ALIASES.get(code, code), position


def _denominator(text: str, start: int) -> tuple[str, float, int] | None:
    """Read what stands below the line: ``L``, ``(m·K)``, ``100g``, ``24h``, ``15mm``, ``万次``."""
    bracket = text.startswith("(", start)
    position = start + bracket
    number = _COUNT.match(text, position)
    multiple = _MULTIPLE.match(text, number.end() if number else position)
    position = multiple.end() if multiple else (number.end() if number else position)
    head = _product(text, position) or _piece(text, position)
    if head is None:
        return None
    code, _, position = head
    share = float({"万": 1e4, "千": 1e3, "百": 1e2}[multiple[0]]) if multiple else 1.0
    if number:
        code, share = _counted(number[0], code, share)
    while bracket and (dot := _DOT.match(text, position)) is not None:
        number = _COUNT.match(text, dot.end())
        more = _product(text, number.end() if number else dot.end())
        if more is None:
            break
        part, share = _counted(number[0], more[0], share) if number else (more[0], share)
        code, position = f"{code}.{part}", more[2]
    if bracket:
        per = _PER.match(text, position)
        below = _denominator(text, per.end()) if per else None
        if below is not None:  # kW/(m3/min)
            code, share, position = _divide(code, below[0]), share / below[1], below[2]
        if not text.startswith(")", position):
            return None
        position += 1
    return code, share, position


def _piece(text: str, start: int) -> tuple[str, float, int] | None:
    """Read what things are counted by, whatever they are called, and a period after it: 站·年, 批."""
    word = _COUNTED_BY.match(text, start)
    if word is None:
        return None
    more = _product(text, word.end() + 1) if text.startswith("·", word.end()) else None
    return more or ("1", 1.0, word.end())


def _counted(number: str, code: str, share: float) -> tuple[str, float]:
    """Turn 24h below the line into d, and keep 100g, 100mL and 15mm as they are."""
    if (number, code) == ("24", "h"):
        return "d", share
    return f"{number}{code}", share


def _divide(code: str, under: str) -> str:
    if under == "1":
        return code
    if "/" in under:
        above, below = under.split("/", 1)
        return _divide(_times(code, below.strip("()")), above)
    if code == "times" and under in ("s", "min", "h", "d", "a", "mo"):
        code = "1"
    if code == "frame" and under == "s":
        return "fps"
    if "/" in code:
        head, below = code.split("/", 1)
        return f"{head}/({below.strip('()')}.{under.strip('()')})"
    return f"{code}/({under})" if "." in under else f"{code}/{under}"


_DEFINITIONS = """
percent_ = 0.01
permille_ = 0.001
ppm_ = 1e-6
ppb_ = 1e-9
ppt_ = 1e-12
times_ = 1
pixel_ = 1
mu_ = 10000 / 15 * meter ** 2
CNY_ = [currency_]
CFU_ = [germs_]
IU_ = [activity_]
U_ = [enzyme_]
PFU_ = [plaques_]
fps_ = 1 / second
frame_ = 1
rev_ = [turn_]
arcsec_ = degree / 3600
arcmin_ = degree / 60
dB_ = [level_]
dBm_ = [level_m]
dBi_ = [level_i]
dBc_ = [level_c]
den_ = gram / (9000 * meter)
dtex_ = gram / (10000 * meter)
mmHg_ = 133.322387415 * pascal
mesh_ = [mesh]
NTU_ = [turbidity_]
Brix_ = [brix_]
IACS_ = [iacs_]
HV_ = [hv_]
HRC_ = [hrc_]
HB_ = [hb_]
HRB_ = [hrb_]
HRA_ = [hra_]
HA_ = [ha_]
HD_ = [hd_]
IP_ = [ip_]
crate_ = [crate_]
TOPS_ = [tops_]
TFLOPS_ = [flops_]
GFLOPS_ = 0.001 * TFLOPS_
Wp_ = [peak_power_]
VA_ = [apparent_]
tonne_ = 1000 * kilogram
year_ = 365 * day
month_ = 365 / 12 * day
gn_ = 9.80665 * meter / second ** 2
mil_ = 2.54e-5 * meter
mach_ = [mach_]
nit_ = candela / meter ** 2
inch_ = 0.0254 * meter
tex_ = gram / (1000 * meter)
knot_ = 1852 / 3600 * meter / second
water_ = 9806.65 * pascal
horse_ = 735.49875 * watt
pound_ = 0.45359237 * kilogram
carat_ = 0.0002 * kilogram
eq_ = [equivalent_]
copies_ = [copies_]
EU_ = [endotoxin_]
tokens_ = [tokens_]
coal_ = [coal_]
""".strip().splitlines()
# Codes whose pint name is not the code itself.
_PINT = {
    "%": "percent_", "permille": "permille_", "[ppm]": "ppm_", "[ppb]": "ppb_", "[ppt]": "ppt_", "times": "times_",
    "pixel": "pixel_", "mu": "mu_", "CNY": "CNY_", "[CFU]": "CFU_", "[IU]": "IU_", "U": "U_",
    "[PFU]": "PFU_", "fps": "fps_", "frame": "frame_", "r": "rev_", "arcsec": "arcsec_", "arcmin": "arcmin_",
    "dB": "dB_", "dBm": "dBm_", "dBi": "dBi_", "dBc": "dBc_", "[den]": "den_", "dtex": "dtex_", "tex": "tex_",
    "mmHg": "mmHg_", "mesh": "mesh_", "NTU": "NTU_", "Brix": "Brix_", "IACS": "IACS_", "HV": "HV_", "HRC": "HRC_",
    "HB": "HB_", "HRB": "HRB_", "HRA": "HRA_", "HA": "HA_", "HD": "HD_", "IP": "IP_", "C": "crate_", "TOPS": "TOPS_",
    "TFLOPS": "TFLOPS_", "GFLOPS": "GFLOPS_", "W.p": "Wp_", "VA": "VA_", "kVA": "(1000*VA_)", "MVA": "(1000000*VA_)",
    "t": "tonne_", "m[H2O]": "water_", "cm[H2O]": "(0.01*water_)", "mm[H2O]": "(0.001*water_)",
    "PS": "horse_", "[lb]": "pound_", "[qt]": "carat_", "eq": "eq_", "meq": "(0.001*eq_)", "copies": "copies_",
    "[EU]": "EU_", "tokens": "tokens_", "[psi]": "psi", "Torr": "torr", "daN": "decanewton",
    "a": "year_", "mo": "month_", "wk": "week", "d": "day", "h": "hour",
    "min": "minute", "s": "second", "Cel": "degC", "K": "kelvin", "deg": "degree", "Ohm": "ohm", "mOhm": "milliohm",
    "kOhm": "kiloohm", "MOhm": "megaohm", "GOhm": "gigaohm", "g_n": "gn_", "Mach": "mach_", "nit": "nit_",
    "mil": "mil_",
    "[in]": "inch_", "[ft]": "(12*inch_)", "[mi]": "(63360*inch_)", "[gal]": "(3.785411784*liter)",
    "[lbf]": "(4.4482216152605*newton)", "[HP]": "(745.6998715822702*watt)", "[degF]": "(5/9*kelvin)",
    "kn": "knot_", "Byte": "byte", "kByte": "(1000*byte)", "MByte": "(1000000*byte)",
    "GByte": "(1000000000*byte)", "TByte": "(1e12*byte)", "kbit": "(1000*bit)", "Mbit": "(1e6*bit)",
    "Gbit": "(1e9*bit)", "Gs": "(0.0001*tesla)", "kGs": "(0.1*tesla)", "m": "meter", "g": "gram", "L": "liter",
    "P": "poise", "cP": "centipoise", "St": "stokes", "cSt": "centistokes", "T": "tesla", "mT": "millitesla",
    "F": "farad", "[nmi]": "(1852*meter)", "ha": "(10000*meter**2)", "W.h": "(watt*hour)", "dL": "deciliter",
}  # fmt: skip
# A degree in kelvins and where the scale's zero lies.
_FROM_ZERO = {"K": (1.0, 0.0), "Cel": (1.0, 273.15), "[degF]": (5 / 9, 459.67 * 5 / 9)}
_TOKEN = re.compile(r"[A-Za-z]*\[[A-Za-z0-9]+\]|%|[A-Za-zμ_]+|\d+|[./()]")


@lru_cache(maxsize=1)
def _registry() -> "pint.UnitRegistry[float]":
    registry: pint.UnitRegistry[float] = pint.UnitRegistry()
    for definition in _DEFINITIONS:
        registry.define(definition)
    return registry


@lru_cache(maxsize=4096)
def _parsed(code: str) -> tuple[float, str] | None:
    """Return pint's factor and unit for a code, or None where pint does not know it."""
    pieces: list[str] = []
    count = ""
    previous = ""
    for token in _TOKEN.findall(code):
        if token.isdigit() and (previous[-1:].isalpha() or previous[-1:] == "]"):
            pieces.append(f"**{token}")
        elif token.isdigit():
            count = token
        elif token in (".", "/", "(", ")"):
            pieces.append(count + {".": "*"}.get(token, token))
            count = ""
        else:
            name = _PINT.get(token, token)
            pieces.append(f"({count}*{name})" if count else name)
            count = ""
        previous = token
    try:
        quantity = _registry().parse_expression("".join([*pieces, count]).replace("degC", "kelvin") or "1")
    except (pint.errors.PintError, ValueError, SyntaxError, TypeError, AttributeError):
        return None
    base: Any = _registry().Quantity(quantity).to_base_units()  # pint's stubs do not say what comes back
    return float(base.magnitude), str(base.units)


def convert(value: float, unit: str, to: str, *, difference: bool = False) -> float | None:
    """Return ``value`` in another unit, or None where the two measure different things.

    ``difference`` says that a temperature is a difference of two.
    """
    if unit == to:
        return value
    if not difference and unit in _FROM_ZERO and to in _FROM_ZERO:
        (step, zero), (step_to, zero_to) = _FROM_ZERO[unit], _FROM_ZERO[to]
        return float(f"{(value * step + zero - zero_to) / step_to:.12g}")
    source, target = _parsed(unit), _parsed(to)
    if source is None or target is None or source[1] != target[1]:
        return None
    return value * source[0] / target[0]


def same_dimension(unit: str, other: str) -> bool:
    """Whether values in the two units can be compared."""
    return convert(1.0, unit, other, difference=True) is not None
