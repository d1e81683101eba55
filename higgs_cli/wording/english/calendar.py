"""Months and days of English, written out and in short."""

from __future__ import annotations

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
SHORT_MONTHS = {
    "Jan": "January", "Feb": "February", "Febr": "February", "Mar": "March", "Apr": "April",
    "Apl": "April", "Jun": "June", "Jul": "July", "Aug": "August", "Sept": "September",
    "Sep": "September", "Oct": "October", "Octr": "October", "Nov": "November",
    "Novr": "November", "Dec": "December", "Decr": "December",
    "Jany": "January", "Feby": "February", "Augt": "August", "Septr": "September",
}  # fmt: skip
MONTH_NAMES = (
    {month: month for month in MONTHS}
    | {month.upper(): month for month in MONTHS}
    | SHORT_MONTHS
    | {short.upper(): month for short, month in SHORT_MONTHS.items()}
)
SHORT_DAYS = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday",
    "Weds": "Wednesday", "Thu": "Thursday", "Thur": "Thursday", "Thurs": "Thursday",
    "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
DAYS = frozenset(SHORT_DAYS.values())
DAY_NAMES = SHORT_DAYS | {day: day for day in DAYS}
SURE_DAYS = frozenset(("Tues", "Weds", "Thur", "Thurs"))
