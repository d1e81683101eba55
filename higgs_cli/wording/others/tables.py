"""The tables of all languages that are read by one."""

from __future__ import annotations

from higgs_cli.wording.others.french import FRENCH
from higgs_cli.wording.others.german import GERMAN
from higgs_cli.wording.others.korean import KOREAN
from higgs_cli.wording.others.spanish import SPANISH

TABLES = {table.language: table for table in (GERMAN, SPANISH, FRENCH, KOREAN)}
