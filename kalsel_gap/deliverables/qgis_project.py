"""A QGIS project (.qgz) over the GeoPackage of a run: layer groups, styles, print layouts.

It is written as QGIS 3.22 writes its own, so that later versions read it too. Its paths are
relative: the project and the GeoPackage beside it can be moved together.
"""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
from typing import TYPE_CHECKING

from kalsel_gap.deliverables.iso19115 import run_abstract, run_title
from kalsel_gap.deliverables.provenance import last_day_of_data, licence_of, publication_of
from kalsel_gap.deliverables.qgis_layout import PAGES, PrintedMap, add_layout, scale_of
from kalsel_gap.deliverables.tables import all_notices
from kalsel_gap.errors import OutputError
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd

    from kalsel_gap.deliverables.gis_layers import Layer
    from kalsel_gap.storage.run_folder import Run

_VERSION = "3.22.0"
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of what has no time in a ZIP archive
# Groups from top to bottom; layers of a group that are not named here follow the named ones.
_POINTS = (
    (N_("Schools"), ("schools", "findings")),
    (N_("Sites and signal"), ("sites", "predictions")),
)
_AREAS = N_("Boundaries")
_SMALL_FIRST = ("desa", "kecamatan", "kabupaten", "province")
_HIDDEN = frozenset(("findings", "predictions"))  # until a reader asks for them
_AROUND = 0.04  # space around what is shown, as a share of its size
_Extent = tuple[float, float, float, float]


def refuse_layer_sign(out: Path) -> None:
    """An error where a path has the sign that ends the path of a layer for QGIS.

    Raises
    ------
    OutputError
        `qgz_name`.
    """
    if "|" in out.name:
        raise OutputError("qgz_name", path=out)


def to_qgz(run: Run, layers: Sequence[Layer], text: Text, *, data: str, crs: str) -> bytes:
    """A project that shows the layers of a GeoPackage.

    Parameters
    ----------
    run : Run
        What the layers rest on.
    layers : sequence of Layer
        Every layer of the GeoPackage.
    text : Text
        Language of names, legend and layouts.
    data : str
        Name of the GeoPackage, which lies beside the project.
    crs : str
        Coordinate reference system of the project: that of the layers.

    Returns
    -------
    bytes
        A ZIP archive with the project; the same for the same run.
    """
    written = ET.tostring(_project(run, layers, text, data, crs), encoding="unicode")
    name = data.removesuffix(".gpkg")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        member = zipfile.ZipInfo(f"{name}.qgs", _EPOCH)
        member.compress_type = zipfile.ZIP_DEFLATED
        member.external_attr = 0o644 << 16
        archive.writestr(member, (_DOCTYPE + written + "\n").encode("utf-8"))
    return file.getvalue()


def _project(run: Run, layers: Sequence[Layer], text: Text, data: str, crs: str) -> ET.Element:
    title = run_title(run, text)
    root = ET.Element("qgis", projectname=title, version=_VERSION)
    ET.SubElement(root, "homePath", path="")
    ET.SubElement(root, "title").text = title
    for tag in ("autotransaction", "evaluateDefaultValues", "trust"):
        ET.SubElement(root, tag, active="0")
    _add_crs(ET.SubElement(root, "projectCrs"), crs)
    groups = _groups(layers, text)
    ordered = [layer for _, members in groups for layer in members]
    root.append(_tree(groups, data))
    extent = _extent(layers, crs)
    canvas = ET.SubElement(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    ET.SubElement(canvas, "units").text = "degrees" if _is_geographic(crs) else "meters"
    _add_extent(canvas, extent)
    ET.SubElement(canvas, "rotation").text = "0"
    _add_crs(ET.SubElement(canvas, "destinationsrs"), crs)
    ET.SubElement(canvas, "rendermaptile").text = "0"
    drawn = ET.SubElement(root, "projectlayers")
    for layer in ordered:
        drawn.append(_map_layer(run, layer, text, data, crs))
    order = ET.SubElement(root, "layerorder")
    for layer in ordered:
        ET.SubElement(order, "layer", id=_id(layer))
    _add_properties(ET.SubElement(root, "properties"))
    _add_metadata(ET.SubElement(root, "projectMetadata"), run, text, title, run_abstract(run, text))
    _add_layouts(ET.SubElement(root, "Layouts"), run, groups, text, data, crs)
    _add_view(root, extent, crs)
    return root


# --- layers --------------------------------------------------------------------------------------


def _groups(layers: Sequence[Layer], text: Text) -> list[tuple[str, list[Layer]]]:
    """Groups with their layers, from top to bottom."""
    points = {layer.name: layer for layer in layers if layer.is_point}
    found = []
    for title, names in _POINTS:
        found.append((text(title), [points.pop(name) for name in names if name in points]))
    found[-1][1].extend(points.values())
    areas = sorted(
        (layer for layer in layers if not layer.is_point),
        key=lambda each: _SMALL_FIRST.index(each.name) if each.name in _SMALL_FIRST else -1,
    )
    found.append((text(_AREAS), areas))
    return [(title, members) for title, members in found if members]


def _tree(groups: Sequence[tuple[str, Sequence[Layer]]], data: str) -> ET.Element:
    root = ET.Element("layer-tree-group")
    for title, members in groups:
        group = ET.SubElement(
            root, "layer-tree-group", name=title, checked="Qt::Checked", expanded="1"
        )
        for layer in members:
            _add_to_tree(group, layer, data)
    ET.SubElement(root, "custom-order", enabled="0")
    return root


def _add_to_tree(group: ET.Element, layer: Layer, data: str) -> ET.Element:
    return ET.SubElement(
        *(group, "layer-tree-layer"),
        id=_id(layer),
        name=_title(layer),
        source=_source(layer, data),
        providerKey="ogr",
        checked="Qt::Unchecked" if layer.name in _HIDDEN else "Qt::Checked",
        expanded="1" if layer.name == "schools" else "0",
        legend_exp="",
    )


def _map_layer(run: Run, layer: Layer, text: Text, data: str, crs: str) -> ET.Element:
    """A layer with its styles: the first one is in force."""
    style = _parsed(layer.styles[0].qml)
    kept = {name: value for name, value in style.attrib.items() if name != "version"}
    element = ET.Element(
        "maplayer",
        {
            **kept,
            "type": "vector",
            "geometry": "Point" if layer.is_point else "Polygon",
            "wkbType": "Point" if layer.is_point else "MultiPolygon",
            "readOnly": "0",
            "styleCategories": "AllStyleCategories",
            "autoRefreshEnabled": "0",
        },
    )
    ET.SubElement(element, "id").text = _id(layer)
    ET.SubElement(element, "datasource").text = _source(layer, data)
    ET.SubElement(element, "layername").text = _title(layer)
    _add_crs(ET.SubElement(element, "srs"), crs)
    about = plain(" ".join((*all_notices(run, text), layer.description)))
    record = ET.SubElement(element, "resourceMetadata")
    _add_metadata(record, run, text, _title(layer), about)
    ET.SubElement(element, "provider", encoding="UTF-8").text = "ogr"
    manager = ET.SubElement(element, "map-layer-style-manager", current=layer.styles[0].name)
    for number, each in enumerate(layer.styles):
        named = ET.SubElement(manager, "map-layer-style", name=each.name)
        if number:  # the one in force is that of the layer itself
            named.append(_parsed(each.qml))
    element.extend(style)
    return element


def _parsed(qml: str) -> ET.Element:
    """A style without its declaration, which Python's parser need not read."""
    return ET.fromstring(qml[qml.index("<qgis") :])  # noqa: S314 - it is our own


def _id(layer: Layer) -> str:
    return f"kalsel_gap_{layer.name}"


def _title(layer: Layer) -> str:
    return plain(layer.title or layer.name)


def _source(layer: Layer, data: str) -> str:
    return f"./{data}|layername={layer.name}"


# --- places --------------------------------------------------------------------------------------


def _extent(layers: Sequence[Layer], crs: str) -> _Extent:
    """What is shown first: the schools, but not what lies outside of all boundaries."""
    schools = next((layer for layer in layers if layer.name == "schools"), layers[0])
    areas = [layer for layer in layers if not layer.is_point]
    bounds = [_bounds(layer.features, crs) for layer in areas]
    frames = [each for each in bounds if each is not None]
    shown = _bounds(schools.features, crs)
    if frames:
        frame = (
            *(min(each[n] for each in frames) for n in (0, 1)),
            *(max(each[n] for each in frames) for n in (2, 3)),
        )
        inside = shown and (
            *(max(shown[n], frame[n]) for n in (0, 1)),
            *(min(shown[n], frame[n]) for n in (2, 3)),
        )
        is_inside = inside and inside[0] <= inside[2] and inside[1] <= inside[3]
        shown = inside if is_inside else frame  # type: ignore[assignment]
    if shown is None:
        return _transformed((94.9, -11.1, 141.1, 6.2), crs)  # Indonesia
    west, south, east, north = shown
    least = 0.02 if _is_geographic(crs) else 2000.0
    around_x, around_y = (max(_AROUND * size, least) for size in (east - west, north - south))
    return west - around_x, south - around_y, east + around_x, north + around_y


def _bounds(features: gpd.GeoDataFrame, crs: str) -> _Extent | None:
    placed = features.geometry.dropna()
    if placed.empty:
        return None
    west, south, east, north = placed.to_crs(crs).total_bounds
    return float(west), float(south), float(east), float(north)


def _transformed(degrees: _Extent, crs: str) -> _Extent:
    from pyproj import Transformer

    change = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    west, south, east, north = change.transform_bounds(*degrees)
    return float(west), float(south), float(east), float(north)


def _width_m(extent: _Extent, crs: str) -> float:
    """Width of an extent on the ground, in its middle."""
    from pyproj import Geod, Transformer

    west, south, east, north = extent
    middle = (south + north) / 2
    change = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    longitudes, latitudes = change.transform([west, east], [middle, middle])
    return float(
        Geod(ellps="WGS84").inv(longitudes[0], latitudes[0], longitudes[1], latitudes[1])[2]
    )


def _is_geographic(crs: str) -> bool:
    from pyproj import CRS

    return bool(CRS.from_user_input(crs).is_geographic)


def _add_crs(parent: ET.Element, crs: str) -> None:
    """A coordinate reference system by its code, or in full where it has none."""
    from pyproj import CRS

    given = CRS.from_user_input(crs)
    element = ET.SubElement(parent, "spatialrefsys")
    authority = given.to_authority()
    if authority is None:
        ET.SubElement(element, "wkt").text = given.to_wkt()
    else:
        # QGIS reads the code only beside a number of its own database, which it then ignores.
        ET.SubElement(element, "srsid").text = "1"
        ET.SubElement(element, "authid").text = ":".join(authority)
    ET.SubElement(element, "description").text = given.name


def _add_extent(parent: ET.Element, extent: _Extent) -> None:
    element = ET.SubElement(parent, "extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), extent, strict=True):
        ET.SubElement(element, name).text = repr(value)


def _add_view(root: ET.Element, extent: _Extent, crs: str) -> None:
    """What QGIS zooms to for the whole project: a school far outside is no reason to go there."""
    view = ET.SubElement(root, "ProjectViewSettings", UseProjectScales="0")
    names = ("xmin", "ymin", "xmax", "ymax")
    shown = dict(zip(names, map(repr, extent), strict=True))
    _add_crs(ET.SubElement(view, "DefaultViewExtent", shown), crs)


# --- properties, metadata, layouts ---------------------------------------------------------------


def _add_properties(parent: ET.Element) -> None:
    for section, name, kind, value in (
        ("Paths", "Absolute", "bool", "false"),
        ("SpatialRefSys", "ProjectionsEnabled", "int", "1"),
        ("Measure", "Ellipsoid", "QString", "EPSG:7030"),
        ("Measurement", "DistanceUnits", "QString", "kilometers"),
        ("Measurement", "AreaUnits", "QString", "km2"),
    ):
        found = parent.find(section)
        table = ET.SubElement(parent, section) if found is None else found
        ET.SubElement(table, name, type=kind).text = value


def _add_metadata(parent: ET.Element, run: Run, text: Text, title: str, abstract: str) -> None:
    """Metadata of the project or of a layer; who publishes only where the project states it."""
    published = publication_of(run)
    for tag, value in (
        *(("identifier", run.folder.name), ("parentidentifier", "")),
        *(("language", text.language), ("type", "dataset")),
        *(("title", title), ("abstract", abstract)),
    ):
        ET.SubElement(parent, tag).text = value
    if published.publisher or published.contact_email:
        contact = ET.SubElement(parent, "contact")
        for tag, value in (
            *(("name", ""), ("organization", published.publisher), ("position", "")),
            *(("voice", ""), ("fax", ""), ("email", published.contact_email)),
            ("role", "publisher"),
        ):
            ET.SubElement(contact, tag).text = value
    ET.SubElement(parent, "links")
    if parent.tag == "resourceMetadata":
        ET.SubElement(parent, "fees")
        if licence := licence_of(run):
            ET.SubElement(parent, "license").text = licence
        ET.SubElement(parent, "encoding")
    else:
        ET.SubElement(parent, "author").text = published.publisher


def _add_layouts(
    parent: ET.Element,
    run: Run,
    groups: Sequence[tuple[str, Sequence[Layer]]],
    text: Text,
    data: str,
    crs: str,
) -> None:
    layers = [layer for _, members in groups for layer in members]
    extent = _extent(layers, crs)
    for page in PAGES:
        printed = PrintedMap(
            text(N_("{page} landscape"), page=page),
            run_title(run, text),
            text(N_("Legend")),
            _source_line(run, text, crs),
            [plain(notice) for notice in all_notices(run, text)],
            extent,
            _width_m(extent, crs),
        )
        scale = scale_of(page, printed)
        add_layout(parent, page, printed, _legend(groups, data, scale))


def _legend(groups: Sequence[tuple[str, Sequence[Layer]]], data: str, scale: int) -> ET.Element:
    """Tree of the layers that are drawn at a scale."""
    root = ET.Element("layer-tree-group")
    for _, members in groups:
        for layer in members:
            style = _parsed(layer.styles[0].qml)
            least = float(style.get("minScale") or 0)
            is_drawn = style.get("hasScaleBasedVisibilityFlag") != "1" or scale <= least
            if is_drawn and layer.name not in _HIDDEN:
                element = _add_to_tree(root, layer, data)
                if len(layer.styles) > 1:  # what the classes are of
                    heading = f"{_title(layer)}: {plain(layer.styles[0].name)}"
                    properties = ET.SubElement(element, "customproperties")
                    table = ET.SubElement(properties, "Option", type="Map")
                    ET.SubElement(
                        *(table, "Option"), type="QString", name="legend/title-label", value=heading
                    )
    ET.SubElement(root, "custom-order", enabled="0")
    return root


def _source_line(run: Run, text: Text, crs: str) -> str:
    """Sources, day of the data, who publishes, and the run: what a reader needs to check a map."""
    from pyproj import CRS

    published, day = publication_of(run), last_day_of_data(run)
    parts = [
        text(N_("Data as of {day}."), day=day.isoformat())
        if day
        else text(N_("The date of the data is not stated.")),
        text(N_("Publisher: {publisher}."), publisher=published.publisher)
        if published.publisher
        else text(N_("The publisher is not stated.")),
    ]
    if published.licence:
        parts.append(text(N_("Licence: {licence}."), licence=published.licence))
    made = N_(
        "Run {run}, kalsel-gap {version}; {crs}. Inputs and their hashes are in the metadata."
    )
    version = str(run.manifest.get("kalsel_gap", ""))
    name = CRS.from_user_input(crs).name
    parts.append(text(made, run=run.folder.name, version=version, crs=name))
    return plain(" ".join(parts))
