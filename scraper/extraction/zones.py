"""Read the names and offsets of time zones that dates are printed with."""

from __future__ import annotations

import re
from datetime import timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

HOUR = 3600
# Zone names that news sites print, in hours from UTC: those of RFC 822 (5.1), the summer times of Europe, and
# others where one zone has the name. Other names are ignored: the time stays as printed.
_NAMED_ZONES = """
    UTC 0 GMT 0 Z 0 UT 0 WET 0 BST 1 WEST 1 MEZ 1 CET 1 CEST 2 MESZ 2 EET 2 EEST 3 MSK 3 SAST 2 IST 5.5
    AEST 10 AEDT 11 AWST 8 ACST 9.5 NZST 12 NZDT 13 SGT 8 HKT 8 JST 9 KST 9
    TRT 3 AST -4 ADT -3 NST -3.5 NDT -2.5 BRT -3 BRST -2 ART -3 CLT -4 CLST -3 COT -5 PET -5 UYT -3
    CAT 2 EAT 3 WAT 1 GST 4 PKT 5 NPT 5.75 ICT 7 WIB 7 WITA 8 PHT 8 MYT 8 AWDT 9 ACDT 10.5 HAEC 2 HNEC 1
    EST -5 EDT -4 ET -5 CST -6 CDT -5 CT -6 MST -7 MDT -6 MT -7 PST -8 PDT -7 PT -8 AKST -9 AKDT -8 HST -10
""".split()
ZONE_SECONDS = {
    name: round(float(hours) * HOUR)
    for name, hours in zip(_NAMED_ZONES[::2], _NAMED_ZONES[1::2], strict=True)
}
# Countries, by domain, whose places all have one time (zone.tab of the tz database, computed for 2026).
# Spain, Portugal, Brazil, Mexico, Chile, Ecuador, Ukraine and Russia have several; domains that anybody takes
# (.co) are left out.
_COUNTRY_ZONES = """
    at Europe/Vienna be Europe/Brussels ch Europe/Zurich cy Asia/Nicosia cz Europe/Prague de Europe/Berlin
    dk Europe/Copenhagen fi Europe/Helsinki fr Europe/Paris gr Europe/Athens hu Europe/Budapest
    it Europe/Rome li Europe/Vaduz lu Europe/Luxembourg mc Europe/Monaco md Europe/Chisinau
    nl Europe/Amsterdam
    no Europe/Oslo pl Europe/Warsaw ro Europe/Bucharest se Europe/Stockholm sk Europe/Bratislava
    sm Europe/San_Marino tr Europe/Istanbul va Europe/Vatican by Europe/Minsk jp Asia/Tokyo kr Asia/Seoul
    ar America/Argentina/Buenos_Aires bo America/La_Paz cr America/Costa_Rica cu America/Havana
    do America/Santo_Domingo gt America/Guatemala hn America/Tegucigalpa ni America/Managua
    pa America/Panama pe America/Lima py America/Asuncion sv America/El_Salvador uy America/Montevideo
    ve America/Caracas ao Africa/Luanda ci Africa/Abidjan cm Africa/Douala cv Atlantic/Cape_Verde
    dz Africa/Algiers ma Africa/Casablanca mz Africa/Maputo sn Africa/Dakar tn Africa/Tunis
""".split()
ZONE_OF_COUNTRY = dict(zip(_COUNTRY_ZONES[::2], _COUNTRY_ZONES[1::2], strict=True))
LARGEST_OFFSET = 14 * HOUR  # Kiribati

_OFFSET = re.compile(r"(?:GMT|UTC|[A-Z]{3,4})?\s?([+-])(\d{1,2}):?(\d{2})?", re.ASCII)


def read_zone(name: str) -> timezone | None:
    """Return the zone of "BST", "+01:00" or "Eastern Daylight Time"; ``None`` for an unknown name."""
    name = name.strip()
    if offset := _OFFSET.fullmatch(name):
        seconds = int(offset[2]) * HOUR + int(offset[3] or 0) * 60
        if seconds > LARGEST_OFFSET:
            return None
        return timezone(timedelta(seconds=seconds if offset[1] == "+" else -seconds))
    if name.endswith("Time"):
        name = "".join(word[0] for word in name.split())
    seconds_of_name = ZONE_SECONDS.get(name.upper())
    return None if seconds_of_name is None else timezone(timedelta(seconds=seconds_of_name))


@cache
def zone_of_host(host: str) -> ZoneInfo | None:
    """Return the zone of the country of a host; ``None`` where its domain does not tell one zone.

    ``None`` too where the machine does not have the tz database.
    """
    name = ZONE_OF_COUNTRY.get(host.lower().rstrip(".").rpartition(".")[2])
    try:
        return ZoneInfo(name) if name else None
    except ZoneInfoNotFoundError:
        return None
