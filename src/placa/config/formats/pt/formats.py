"""Portuguese: 21 out 2025, 21 de outubro de 2025."""

SHORT_DATE_FORMAT = "j b Y"
SHORT_DATETIME_FORMAT = "j b Y, G:i"
MONTH_DAY_FORMAT = "j b"
DATE_FORMAT = r"j \d\e F \d\e Y"
DATETIME_FORMAT = r"j \d\e F \d\e Y, G:i"
TIME_FORMAT = "G:i"
