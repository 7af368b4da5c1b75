"""What the runs of a study say: outcomes, their spread over seeds, a verdict. No PyTorch.

Read in this order: ``outcomes`` (one row a run), ``spreads`` (over seeds), ``verdicts`` (is deeper
worse?), ``recordings`` (studies that ship with the app).
"""

from resnet_core.studies.outcomes import (
    Outcome,
    OutcomeStatus,
    outcomes,
    outcomes_from_events,
    results_json,
)
from resnet_core.studies.recordings import Recording, load_recording, save_recording
from resnet_core.studies.spreads import Spread, Summary, spread_of, summaries
from resnet_core.studies.verdicts import Verdict, VerdictKind, verdict, verdicts

__all__ = [
    "Outcome",
    "OutcomeStatus",
    "Recording",
    "Spread",
    "Summary",
    "Verdict",
    "VerdictKind",
    "load_recording",
    "outcomes",
    "outcomes_from_events",
    "results_json",
    "save_recording",
    "spread_of",
    "summaries",
    "verdict",
    "verdicts",
]
