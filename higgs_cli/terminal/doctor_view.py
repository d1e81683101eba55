"""What `higgs doctor` found: a line each, with what mends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from higgs_cli.terminal.console import Console
from higgs_cli.tools.symptom import Symptom

MARKS = {"ok": "ok      ", "note": "note    ", "problem": "problem "}
PROBLEM_CODE = 1


def show_symptoms(symptoms: Iterable[Symptom], out: Console) -> int:
    """Each as it is found; the exit code is 1 where there is a problem."""
    found = []
    for symptom in symptoms:
        found.append(symptom)
        if out.mode != "json" and (out.mode != "quiet" or symptom.state == "problem"):
            out.result(f"{MARKS[symptom.state]} {symptom.subject}: {symptom.detail}")
            if symptom.mend is not None:
                out.result(f"         mend: {symptom.mend}")
    problems = sum(symptom.state == "problem" for symptom in found)
    if out.mode == "json":
        out.document({"problems": problems, "symptoms": [asdict(each) for each in found]})
    else:
        out.say("no problems" if not problems else f"{problems} to be mended")
    return PROBLEM_CODE if problems else 0
