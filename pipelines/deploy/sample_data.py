"""A synthetic town's house sales, for a first run that needs no data of one's own.

The price follows a hedonic model: a sum of what buyers pay for each attribute, in logarithms.

    ln(price) = 12.55 + size + rooms + place + lot + age + condition + comfort + time + noise

    size       0.70 ln(living_area / 1800); in the hills 0.50 ln(living_area / 2000) more for what is above 2000
    rooms      0.09 sqrt(bathrooms - 1); -0.05 for each bedroom that the area is too small for
    place      the neighbourhood's own effect; 0.80 exp(-distance_to_centre / 3 km), a monocentric town;
               0.10 within 0.8 km of a station, but only beyond 3 km from the centre, where it saves a drive
    lot        0.05 ln(lot_area / 6000), beyond 5 km from the centre 0.18, where land is what one buys
    age        -1.2 % a year for 50 years; from before 1940 vintage: +0.25, or +0.10 when badly kept
    condition  -0.22 (poor) to +0.12 (excellent), half as strong for houses younger than 15 years
    comfort    heating; a garage, worth three times as much near the centre where nobody can park outside
    time       4 % a year, and 3 % more at the end of May than half a year later
    noise      normal, 5 %

What the structure comes from: prices as sums of implicit prices (Rosen 1974), the price gradient of a monocentric city
(Alonso 1964, Muth 1969), logarithms and interactions instead of a straight line (Halvorsen and Pollakowski 1981), age
that depreciates until it turns into vintage (Goodman and Thibodeau 1995). The coefficients are made up within the
usual ranges. That a straight line cannot follow it is meant: boosted trees have two thirds of its error.
Some cells are missing, as forms are filled in: lot area, year, garage, heating, distance to the station.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Columns = dict[str, Floats | NDArray[np.str_]]

# Name, kilometres east and north of the centre, effect on ln(price), share of the sales.
_NEIGHBOURHOODS = (
    ("Old Town", 0.4, 0.6, 0.10, 0.09),
    ("Riverside", 2.2, -0.8, 0.16, 0.10),
    ("Station Quarter", -1.1, 1.3, -0.06, 0.10),
    ("Mill Lane", -2.6, -1.9, -0.12, 0.11),
    ("University", 1.5, 3.1, 0.05, 0.08),
    ("Northgate", -0.7, 5.2, -0.02, 0.11),
    ("Harbour", 5.4, -2.7, -0.18, 0.08),
    ("Orchard Park", -5.6, 2.4, 0.03, 0.11),
    ("Hillcrest", 4.1, 6.3, 0.28, 0.07),
    ("Lakeview", -7.8, -4.6, 0.20, 0.06),
    ("Eastfield", 9.3, 0.7, -0.10, 0.09),
)
_HILLS = ("Hillcrest", "Lakeview")
_CONDITIONS = ("poor", "fair", "average", "good", "excellent")
_CONDITION_EFFECTS = (-0.22, -0.10, 0.0, 0.06, 0.12)
_HEATINGS = ("gas", "district", "electric", "heat pump", "oil")
_HEATING_EFFECTS = (0.0, 0.02, -0.04, 0.06, -0.06)
_GARAGES = ("none", "carport", "single", "double")
_GARAGE_EFFECTS = (0.0, 0.01, 0.03, 0.05)
_LATITUDE, _LONGITUDE = 47.6, -122.3
_KM_PER_DEGREE = (111.2, 75.0)  # of latitude, and of longitude at that latitude
_FIRST_DAY, _DAYS = dt.date(2019, 1, 1), 6 * 365
# Column -> share of cells that nobody filled in.
_MISSING = {
    "lot_area": 0.05,
    "year_built": 0.03,
    "heating": 0.05,
    "garage": 0.08,
    "distance_to_station": 0.04,
}


def write_sample(path: Path, rows: int = 4000, seed: int = 0) -> None:
    """Write a CSV of that many sales with the label `price`; the same bytes for the same rows and seed."""
    if rows < 1:
        raise ValueError(f"rows must be 1 or more but got {rows}.")
    if seed < 0:
        raise ValueError(f"seed must be 0 or more but got {seed}.")
    draws = _Draws(rows, seed)
    columns = _houses(draws)
    texts = {"id": [str(100001 + row) for row in range(rows)]}
    texts |= {name: _texts(name, column, draws) for name, column in columns.items()}
    lines = [",".join(texts), *map(",".join, zip(*texts.values(), strict=True))]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(("\n".join(lines) + "\n").encode())


class _Draws:
    """Random columns made of PCG64's plain uniforms only: its other methods may change with numpy."""

    def __init__(self, rows: int, seed: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(seed))
        self._rows = rows

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Floats:
        return low + (high - low) * self._generator.random(self._rows)

    def normal(self) -> Floats:
        """The sum of twelve uniforms: within a per cent of the normal distribution, exact everywhere."""
        return np.asarray(self._generator.random((12, self._rows)).sum(axis=0) - 6.0)

    def choice(self, shares: tuple[float, ...]) -> NDArray[np.intp]:
        edges = np.cumsum(shares) / sum(shares)
        return np.minimum(np.searchsorted(edges, self.uniform()), len(shares) - 1)


def _houses(draws: _Draws) -> Columns:
    """Draw the attributes and price them; unrounded attributes would tell trees nothing more."""
    place = _place(draws)
    building = _building(draws, place["distance_to_centre"])
    comfort = {
        "condition": _worn(draws, 2024 - building["year_built"]),
        "heating": draws.choice((0.42, 0.14, 0.20, 0.12, 0.12)),
        "garage": draws.choice((0.30, 0.16, 0.34, 0.20)),
    }
    days = np.floor(draws.uniform(0, _DAYS))
    noise = 0.05 * draws.normal()
    value = _place_value(place, building["lot_area"]) + _building_value(place, building)
    value += _comfort_value(place, building, comfort) + _time_value(days) + noise
    names = {"condition": _CONDITIONS, "heating": _HEATINGS, "garage": _GARAGES}
    return {
        "sale_date": _dates(days),
        "neighbourhood": np.array([row[0] for row in _NEIGHBOURHOODS])[place["code"].astype(int)],
        **{name: place[name] for name in ("latitude", "longitude")},
        **{name: place[name] for name in ("distance_to_centre", "distance_to_station")},
        **building,
        **{name: np.array(names[name])[codes] for name, codes in comfort.items()},
        "price": np.round(np.exp(12.55 + value) / 100) * 100,
    }


def _place(draws: _Draws) -> dict[str, Floats]:
    code = draws.choice(tuple(row[4] for row in _NEIGHBOURHOODS))
    east = np.array([row[1] for row in _NEIGHBOURHOODS])[code] + 0.8 * draws.normal()
    north = np.array([row[2] for row in _NEIGHBOURHOODS])[code] + 0.8 * draws.normal()
    return {
        "code": code.astype(float),
        "latitude": np.round(_LATITUDE + north / _KM_PER_DEGREE[0], 4),
        "longitude": np.round(_LONGITUDE + east / _KM_PER_DEGREE[1], 4),
        "distance_to_centre": np.round(np.sqrt(east**2 + north**2), 2),
        "distance_to_station": np.round(-1.2 * np.log1p(-draws.uniform()) + 0.1, 2),
    }


def _building(draws: _Draws, distance: Floats) -> dict[str, Floats]:
    area = np.round(np.clip(1750 * np.exp(0.36 * draws.normal()), 450, 6000) / 10) * 10
    lot = (2200 + 900 * distance) * np.exp(0.40 * draws.normal())
    # The town grew outwards: the further out, the later.
    year = np.clip(1925 + 5 * distance + 24 * draws.normal() + draws.uniform(0, 30), 1880, 2023)
    bedrooms = np.clip(np.round(area / 620 + 0.6 * draws.normal() + 0.4), 1, 7)
    bathrooms = np.clip(np.round(2 * (area / 1150 + 0.35 * draws.normal())) / 2, 1, 5)
    return {
        "living_area": area,
        "lot_area": np.round(np.maximum(lot, 0.6 * area) / 50) * 50,
        "bedrooms": bedrooms,
        "bathrooms": bathrooms,
        "year_built": np.floor(year),
    }


def _worn(draws: _Draws, age: Floats) -> NDArray[np.intp]:
    """The condition's code: older houses are worse kept on average."""
    quality = 2.6 - 0.012 * age + 0.95 * draws.normal()
    return np.clip(np.round(quality), 0, len(_CONDITIONS) - 1).astype(np.intp)


def _place_value(place: dict[str, Floats], lot: Floats) -> Floats:
    distance = place["distance_to_centre"]
    own = np.array([row[3] for row in _NEIGHBOURHOODS])[place["code"].astype(int)]
    station = np.where((place["distance_to_station"] < 0.8) & (distance > 3), 0.10, 0.0)
    land = np.where(distance > 5, 0.18, 0.05) * np.log(lot / 6000)
    return np.asarray(own + 0.80 * np.exp(-distance / 3) + station + land)


def _building_value(place: dict[str, Floats], building: dict[str, Floats]) -> Floats:
    area = building["living_area"]
    names = [row[0] for row in _NEIGHBOURHOODS]
    hills = np.isin(place["code"], [names.index(name) for name in _HILLS])
    size = 0.70 * np.log(area / 1800) + 0.50 * hills * np.log(np.maximum(area / 2000, 1))
    crowded = np.maximum(building["bedrooms"] - area / 450, 0)
    return np.asarray(size + 0.09 * np.sqrt(building["bathrooms"] - 1) - 0.05 * crowded)


def _comfort_value(
    place: dict[str, Floats], building: dict[str, Floats], comfort: dict[str, NDArray[np.intp]]
) -> Floats:
    age = 2024 - building["year_built"]
    kept = np.array(_CONDITION_EFFECTS)[comfort["condition"]] * np.where(age < 15, 0.5, 1.0)
    charm = np.where(comfort["condition"] >= 2, 0.25, 0.10)
    vintage = np.where(building["year_built"] < 1940, charm, 0.0)
    parking = np.where(place["distance_to_centre"] < 3, 3.0, 1.0)
    garage = np.array(_GARAGE_EFFECTS)[comfort["garage"]] * parking
    heating = np.array(_HEATING_EFFECTS)[comfort["heating"]]
    return np.asarray(-0.012 * np.minimum(age, 50) + vintage + kept + garage + heating)


def _time_value(days: Floats) -> Floats:
    # The year's wave has its top at the end of May, its bottom at the end of November.
    return np.asarray(0.04 * days / 365 + 0.015 * np.cos(2 * np.pi * (days % 365 - 150) / 365))


def _dates(days: Floats) -> NDArray[np.str_]:
    return np.array([(_FIRST_DAY + dt.timedelta(int(day))).isoformat() for day in days])


def _texts(name: str, column: Floats | NDArray[np.str_], draws: _Draws) -> list[str]:
    gaps = draws.uniform() < _MISSING.get(name, 0.0)
    texts = [str(value).removesuffix(".0") for value in column.tolist()]
    return ["" if gap else text for text, gap in zip(texts, gaps, strict=True)]
