"""``kalsel-gap predict …``: levels and links predicted from sites and terrain."""

from __future__ import annotations

from typing import Any

import typer

from kalsel_gap.cli.framework import Command, CommandGroup
from kalsel_gap.cli.predict import calibrate, coverage, school, validate
from kalsel_gap.i18n.text import N_

HELP = N_(
    "Predict signal levels and links from sites and terrain.\n\n"
    "Measured levels show how accurate these predictions are, and correct them.\n\n"
    "Example: kalsel-gap predict school 99100001"
)
# Options of the former single command, and the commands that replaced them; the first one counts.
_BECAME = {
    "--at": "school NPSN",
    "--picture": "school NPSN",
    "--calibrate": "calibrate",
    "--report": "validate",
}


class Predict(CommandGroup):
    """The commands of prediction; a former spelling is an error that names the new one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Take the command's name, which comes before its options."""
        if args and args[0].startswith("-") and args[0] not in ctx.help_option_names:
            given = {argument.partition("=")[0] for argument in args}
            options = {o for c in self.commands.values() for p in c.params for o in p.opts}
            old = next((option for option in _BECAME if option in given), None)
            if old or given & options:
                before = f"{ctx.command_path} {old}" if old else ctx.command_path
                now = f"{ctx.command_path} {_BECAME[old] if old else 'coverage'}"
                ctx.fail(f"'{before}' is now '{now}'.")
        return super().parse_args(ctx, args)


app = typer.Typer(cls=Predict, help=HELP, no_args_is_help=True, rich_markup_mode=None)
app.command("coverage", cls=Command, help=coverage.HELP)(coverage.coverage)
app.command("school", cls=Command, help=school.HELP)(school.school)
app.command("validate", cls=Command, help=validate.HELP)(validate.validate)
app.command("calibrate", cls=Command, help=calibrate.HELP)(calibrate.calibrate)
