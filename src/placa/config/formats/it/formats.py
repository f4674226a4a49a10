"""Italian: 21 ott 2025, 21 ottobre 2025."""

SHORT_DATE_FORMAT = "j b Y"
SHORT_DATETIME_FORMAT = "j b Y, G:i"
MONTH_DAY_FORMAT = "j b"
DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y, G:i"
TIME_FORMAT = "G:i"
