"""The command line: the same core, the same store, no server needed.

``train``, ``study degradation``, ``study twins``, ``study suspects``, ``study scales``, ``study
shortcuts``, ``study orders``, ``probe``, ``lesion``, ``keep``, ``count``, ``runs``; each with
``--json``, whose last line is the result. The command line joins a running lab, or starts one.
PyTorch is imported by the lab and by ``count``, not here.
"""

import typer

from resnet_core.cli.counting import count
from resnet_core.cli.lesions import keep, lesion
from resnet_core.cli.probing import probe, suspects, twins
from resnet_core.cli.remembered import runs, tidy
from resnet_core.cli.training import degradation, train
from resnet_core.cli.varying import orders, scales, shortcuts

app = typer.Typer(no_args_is_help=True, add_completion=False, help="ResNet Lab, without a browser.")
app.command()(train)
app.command()(count)
app.command()(probe)
app.command()(lesion)
app.command()(keep)

study_app = typer.Typer(no_args_is_help=True, help="Many runs, one question.")
study_app.command()(degradation)
study_app.command()(twins)
study_app.command()(suspects)
study_app.command()(scales)
study_app.command()(shortcuts)
study_app.command()(orders)
app.add_typer(study_app, name="study")

runs_app = typer.Typer(invoke_without_command=True, help="What the store remembers.")
runs_app.callback()(runs)
runs_app.command()(tidy)
app.add_typer(runs_app, name="runs")
