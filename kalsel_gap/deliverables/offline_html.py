"""Web pages that need no network: folium pages with every asset inside one file.

Libraries for the browser come from installed Python packages, never from an address. What folium
links to is looked up there, and a link without a file is an error of the code. The page's policy
allows a browser to run the scripts written here and nothing else: no request, and no script from
the data.
"""

from __future__ import annotations

import base64
import hashlib
import json
import mimetypes
import re
from functools import cache
from importlib.metadata import files
from typing import TYPE_CHECKING, Any

from branca.element import CssLink, Element, Figure, JavascriptLink
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from kalsel_gap.package import PACKAGE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Links of folium by their last path segment: the distribution and the file in their place.
_INSTALLED = {
    "leaflet.js": ("XStatic-Leaflet", "leaflet.js"),
    "leaflet.css": ("XStatic-Leaflet", "leaflet.css"),
}
_CSS_URL = re.compile(r"url\((?P<quote>['\"]?)(?P<name>[^)'\"#]+)(?P=quote)\)")
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)
_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)
_POLICY_GOES_HERE = "policy-goes-here"


# Scripts of every page with a map.
SHARED = ("base", "points", "table")


class Page(Figure):
    """A figure of folium that is written as a complete page, with everything in it.

    Parameters
    ----------
    name : str
        Our assets ``<name>.html``, ``.css`` and ``.js``: the page's template, which extends
        ``page.html`` and into which all is put escaped, and its style and script, which come after
        those of the libraries, ``base.css`` and the scripts :data:`SHARED`.
    content : dict
        What the template shows, besides ``head``, ``body`` and ``script`` of the elements.
    scripts : sequence of str
        Assets ``<script>.js`` in place of ``<name>.js``, in their order.
    styles : sequence of str
        Assets ``<style>.css`` in place of ``<name>.css``.
    """

    def __init__(
        self,
        name: str,
        content: dict[str, Any],
        *,
        scripts: Sequence[str] = (),
        styles: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._page, self._content = name, content
        self._scripts, self._styles = scripts or (name,), styles or (name,)
        self.header = _Head()
        self.header._parent = self  # noqa: SLF001 - as branca itself ties its parts

    def render(self, **kwargs: Any) -> str:  # noqa: ANN401 - branca's
        """The page as text; the same elements give the same bytes."""
        for number, element in enumerate(_elements(self)):
            element._id = str(number)  # noqa: SLF001 - branca's own are random
        for child in list(self._children.values()):
            child.render(**kwargs)
        for part in ("base", *self._styles):
            self.header.add_child(Inline("style", asset(f"{part}.css")), name=f"{part}_style")
        for part in (*SHARED, *self._scripts):
            self.header.add_child(Inline("script", asset(f"{part}.js")), name=f"{part}_script")
        return _filled(
            self._page,
            self._content,
            head=self.header.render(**kwargs),
            body=self.html.render(**kwargs),
            script=self.script.render(**kwargs),
        )


def page_without_script(name: str, content: dict[str, Any]) -> str:
    """A page that is read and printed only: its policy lets no script run at all.

    Parameters
    ----------
    name : str
        Our assets ``<name>.html`` and ``<name>.css``; the style comes after ``base.css``.
    content : dict
        What the template shows, besides ``head``.
    """
    styles = (Inline("style", asset(f"{part}.css")).render() for part in ("base", name))
    return _filled(name, content, head="".join(styles))


def _filled(name: str, content: dict[str, Any], **made: str) -> str:
    """A template with its content, escaped, and what was made here, as it is."""
    environment = Environment(
        loader=FunctionLoader(asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(f"{name}.html").render(
        **content,
        policy=_POLICY_GOES_HERE,
        # Escaped where it holds data.
        **{part: Markup(html) for part, html in made.items()},  # noqa: S704
    )
    return page.replace(_POLICY_GOES_HERE, _policy(page), 1)


def asset(name: str) -> str:
    """The text of a file of ours in ``assets/``."""
    return (PACKAGE_FOLDER / "deliverables" / "assets" / name).read_text(encoding="utf-8")


def as_json(data: object) -> Markup:
    r"""Data for a ``<script type="application/json">``: no text in it can end that element.

    Examples
    --------
    >>> as_json(["</script>"])
    Markup('["\\u003c/script>"]')
    """
    written = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(written.replace("<", "\\u003c"))  # noqa: S704 - that is the escaping


class Inline(Element):
    """A script or style sheet written into the page as it is: no template runs over it."""

    def __init__(self, tag: str, content: str) -> None:
        super().__init__()
        self._content = f"<{tag}>{content}</{tag}>"

    def render(self, **_: Any) -> str:  # noqa: ANN401
        """The element."""
        return self._content


class _Head(Element):
    """The head of a page: in place of a link it contains the linked file."""

    def add_child(
        self, child: Element, name: str | None = None, index: int | None = None
    ) -> Element:
        if isinstance(child, JavascriptLink):
            child = Inline("script", installed(child.url))
        elif isinstance(child, CssLink):
            child = Inline("style", installed(child.url))
        return super().add_child(child, name=name, index=index)


@cache
def installed(url: str) -> str:
    """The text of a linked file, from an installed package.

    Raises
    ------
    LookupError
        No installed package has it.
    """
    name = url.rpartition("/")[2]
    if name not in _INSTALLED:
        message = f"nothing installed answers for {url}"
        raise LookupError(message)
    # A browser normalises line ends before it hashes a script.
    text = _file(*_INSTALLED[name]).decode("utf-8").replace("\r\n", "\n")
    if name.endswith(".css"):
        distribution = _INSTALLED[name][0]
        return _CSS_URL.sub(lambda found: f"url({_data_uri(distribution, found['name'])})", text)
    return _SOURCE_MAP.sub("", text)


def _file(distribution: str, name: str) -> bytes:
    """A file of an installed distribution, wherever it is installed."""
    for path in files(distribution) or ():
        if path.as_posix().endswith(f"/{name}"):
            return path.read_binary()
    message = f"{distribution} holds no {name}"
    raise LookupError(message)


def _data_uri(distribution: str, name: str) -> str:
    return data_uri(mimetypes.guess_type(name)[0] or "", _file(distribution, name))


def data_uri(media_type: str, data: bytes) -> str:
    """Bytes as a ``data:`` address that contains them."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def _elements(element: Element) -> Iterator[Element]:
    yield element
    for child in element._children.values():  # noqa: SLF001
        yield from _elements(child)


def _policy(page: str) -> str:
    """A content security policy under which only the page's own scripts and styles work."""
    allowed: dict[str, list[str]] = {"script": [], "style": []}
    for tag, content in _INLINE.findall(page):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode("ascii")
        allowed[tag].append(f"'sha256-{digest}'")
    return "; ".join(
        [
            "default-src 'none'",
            "img-src data: blob:",
            *(f"{tag}-src {' '.join(hashes)}" for tag, hashes in allowed.items() if hashes),
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
