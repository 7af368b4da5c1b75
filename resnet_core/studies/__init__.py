"""What the runs of a study say: outcomes, their spread over seeds, a verdict. No PyTorch.

Read in this order: ``outcomes`` (one row a run), ``spreads`` (over seeds), ``verdicts`` (is deeper
worse?), ``recordings`` (studies that ship with the app); then ``judgement`` (what a test says),
``stages`` (gradients, bottom over top), ``gradients`` and ``suspects`` (why is it worse?);
``variants`` (λ, shortcuts, orders).
"""

from resnet_core.studies.judgement import Bar, Constructed, Curve, Finding, Judgement
from resnet_core.studies.outcomes import (
    Outcome,
    OutcomeStatus,
    outcomes,
    outcomes_from_events,
    results_json,
)
from resnet_core.studies.recordings import Recording, load_recording, save_recording
from resnet_core.studies.spreads import Spread, Summary, spread_of, summaries
from resnet_core.studies.suspects import judge
from resnet_core.studies.variants import (
    Variant,
    order_verdict,
    scale_verdict,
    shortcut_verdict,
    variants,
    variants_json,
)
from resnet_core.studies.verdicts import Verdict, VerdictKind, verdict, verdicts

__all__ = [
    "Bar",
    "Constructed",
    "Curve",
    "Finding",
    "Judgement",
    "Outcome",
    "OutcomeStatus",
    "Recording",
    "Spread",
    "Summary",
    "Variant",
    "Verdict",
    "VerdictKind",
    "judge",
    "load_recording",
    "order_verdict",
    "outcomes",
    "outcomes_from_events",
    "results_json",
    "save_recording",
    "scale_verdict",
    "shortcut_verdict",
    "spread_of",
    "summaries",
    "variants",
    "variants_json",
    "verdict",
    "verdicts",
]
