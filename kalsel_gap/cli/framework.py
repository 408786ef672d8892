"""Commands and groups of this command line: translated help, errors as one message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from kalsel_gap.cli.console import fail
from kalsel_gap.errors import KalselGapError, OutputError
from kalsel_gap.i18n.text import N_
from kalsel_gap.storage.cache_folder import claim
from kalsel_gap.storage.fingerprint import default_cache_folder

if TYPE_CHECKING:
    from kalsel_gap.i18n.text import Text

# The framework's own words in a help page.
_HELP_WORDS = (
    *(N_("Usage:"), N_("[OPTIONS]"), N_("COMMAND [ARGS]..."), N_("[default:"), N_("[required]")),
    *(N_("Arguments:"), N_("Options:"), N_("Commands:"), N_("Show this message and exit.")),
)


class Command(TyperCommand):
    """A command whose help is in the language of the reader."""

    def get_help(self, ctx: Any) -> str:  # noqa: ANN401 - the framework's vendored type
        """The help page, with the framework's headings translated as well."""
        return _translated_help(super().get_help(ctx), ctx.obj)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        """Run the command, with a cache that only the user can write."""
        claim(default_cache_folder())
        return super().invoke(ctx)


class CommandGroup(TyperGroup):
    """A group of commands: errors that a user can act on become one message and exit status 1."""

    def get_help(self, ctx: Any) -> str:  # noqa: ANN401
        """The help page, with the framework's headings translated as well."""
        return _translated_help(super().get_help(ctx), ctx.obj)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        """Run the command; an unknown exception keeps its traceback."""
        try:
            return super().invoke(ctx)
        except KalselGapError as error:
            fail(error, ctx.obj)
        except KeyboardInterrupt:
            fail(KalselGapError("interrupted"), ctx.obj)
        except BrokenPipeError:
            raise  # the reader of a pipe has closed it: the framework ends without a message
        except OSError as error:
            reason = error.strerror or str(error)
            fail(OutputError("disk_or_folder", path=error.filename, reason=reason), ctx.obj)
        raise typer.Exit(1)


def _translated_help(page: str, text: Text | None) -> str:
    if text is None:
        return page
    for word in _HELP_WORDS:
        page = page.replace(word, text(word))
    return page
