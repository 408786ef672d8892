/* The map's own half in the browser. Texts of others reach the page through textContent only. */
"use strict";

const kalselGap = (() => {
  const TOLERANCE = 14; // pixels between a click and the mark that is meant
  const MOST_FOUND = 8;
  const NEAR = 13; // zoom at which a school that was looked for is shown

  const names = []; // of areas, as they lie on the map

  let data;

  function read() {
    data = data || JSON.parse(document.getElementById("data").textContent);
    return data;
  }

  /* A column is a list of texts, or of numbers that point into a list of texts. */
  function cell(column, row) {
    return column.words ? column.words[column.rows[row]] : column[row];
  }

  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function pane(map, name, level) {
    if (!map.getPane(name)) map.createPane(name).style.zIndex = level;
  }

  /* --- marks on a canvas ------------------------------------------------------------------ */

  function sprite(mark, radius, ratio) {
    const half = Math.ceil(radius * 1.5 + 3);
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 2 * half * ratio;
    const context = canvas.getContext("2d");
    const path = new Path2D();
    path.addPath(new Path2D(mark.path), new DOMMatrix([radius, 0, 0, radius, 0, 0]));
    context.scale(ratio, ratio);
    context.translate(half, half);
    context.lineJoin = "round";
    context.strokeStyle = "rgba(255,255,255,.85)";
    context.lineWidth = mark.line * radius + Math.min(2, radius * 0.4);
    context.stroke(path);
    context.fillStyle = mark.fill;
    context.fill(path);
    context.strokeStyle = mark.stroke;
    context.lineWidth = mark.line * radius;
    context.stroke(path);
    return { canvas, half };
  }

  /* Many points as one layer: the renderer of the library places and zooms the canvas. */
  const Points = L.Renderer.extend({
    initialize(points, options) {
      L.Renderer.prototype.initialize.call(this, options);
      const rows = points.lat.map((_, row) => row).filter((row) => points.lat[row] !== null);
      const order = Object.keys(points.marks);
      // Worst last, so that it lies on top.
      rows.sort((a, b) => order.indexOf(points.mark[b]) - order.indexOf(points.mark[a]) || b - a);
      this._rows = rows;
      this._mark = rows.map((row) => points.mark[row]);
      this._marks = points.marks;
      const at = rows.map((row) =>
        L.CRS.EPSG3857.latLngToPoint(L.latLng(points.lat[row], points.lon[row]), 0));
      this._x = Float64Array.from(at, (point) => point.x);
      this._y = Float64Array.from(at, (point) => point.y);
      this._hidden = new Set();
    },

    beforeAdd(map) {
      pane(map, this.options.pane, this.options.level);
    },

    setHidden(mark, hidden) {
      if (hidden) this._hidden.add(mark);
      else this._hidden.delete(mark);
      if (this._map) this._draw();
    },

    isHidden(mark) {
      return this._hidden.has(mark);
    },

    /* Row of the mark next to a point of the map's window, or undefined. */
    nearest(point) {
      const scale = this._map.options.crs.scale(this._map.getZoom()) / 256;
      const wanted = this._map.containerPointToLayerPoint(point).add(this._map.getPixelOrigin());
      let best;
      let least = TOLERANCE * TOLERANCE;
      for (let n = 0; n < this._x.length; n += 1) {
        const right = this._x[n] * scale - wanted.x;
        const down = this._y[n] * scale - wanted.y;
        const distance = right * right + down * down;
        if (distance <= least && !this._hidden.has(this._mark[n])) {
          least = distance;
          best = this._rows[n];
        }
      }
      return best;
    },

    _initContainer() {
      this._container = document.createElement("canvas");
      this._container.setAttribute("aria-hidden", "true");
    },

    _destroyContainer() {
      this._container.remove();
      delete this._container;
    },

    _updatePaths() {},

    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      const size = this._bounds.getSize();
      const ratio = window.devicePixelRatio || 1;
      L.DomUtil.setPosition(this._container, this._bounds.min);
      this._container.width = size.x * ratio;
      this._container.height = size.y * ratio;
      this._container.style.width = `${size.x}px`;
      this._container.style.height = `${size.y}px`;
      this._draw();
    },

    _draw() {
      const zoom = this._map.getZoom();
      const scale = this._map.options.crs.scale(zoom) / 256;
      const origin = this._map.getPixelOrigin().add(this._bounds.min);
      const size = this._bounds.getSize();
      const ratio = window.devicePixelRatio || 1;
      const grown = Math.min(1.7, Math.max(0.5, 0.6 + 0.2 * (zoom - 8)));
      const sprites = {};
      for (const [name, mark] of Object.entries(this._marks)) {
        sprites[name] = sprite(mark, mark.radius * grown, ratio);
      }
      const context = this._container.getContext("2d");
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, size.x, size.y);
      for (let n = 0; n < this._x.length; n += 1) {
        const x = this._x[n] * scale - origin.x;
        const y = this._y[n] * scale - origin.y;
        const mark = this._mark[n];
        if (x < -20 || y < -20 || x > size.x + 20 || y > size.y + 20) continue;
        if (this._hidden.has(mark)) continue;
        const { canvas, half } = sprites[mark];
        context.drawImage(canvas, x - half, y - half, 2 * half, 2 * half);
      }
      if (!performance.getEntriesByName("marks-drawn").length) performance.mark("marks-drawn");
    },
  });

  /* --- layers, as the page's script makes them -------------------------------------------- */

  function schools() {
    const { schools: points, marks } = read();
    return new Points({ ...points, marks }, { pane: "schools", level: 450 });
  }

  function sites() {
    const { sites: points, siteMark } = read();
    const mark = points.lat.map(() => "site");
    return new Points({ ...points, mark, marks: { site: siteMark } }, { pane: "sites", level: 440 });
  }

  function areas(level, style) {
    const group = L.layerGroup();
    group.beforeAdd = (map) => pane(map, "names", 460);
    const { areas: all } = read();
    const renderer = L.canvas({ padding: 0.2 });
    for (const area of all[level]) {
      L.geoJSON(area.shape, { style: { ...style, renderer }, interactive: false }).addTo(group);
      const name = L.tooltip({ permanent: true, direction: "center", className: `area-name ${level}`, pane: "names" })
        .setLatLng(area.at)
        .setContent(element("span", area.name))
        .addTo(group);
      names.push(name);
    }
    return group;
  }

  /* Of names that collide the one of the larger area stays; kabupaten come before kecamatan. */
  function thin(map) {
    const taken = [];
    for (const name of names) {
      const box = map.hasLayer(name) && name.getElement();
      if (!box || !box.offsetWidth) continue;
      const at = map.latLngToLayerPoint(name.getLatLng());
      const half = L.point(box.offsetWidth / 2 + 2, box.offsetHeight / 2);
      const bounds = L.bounds(at.subtract(half), at.add(half));
      const free = !taken.some((other) => other.overlaps(bounds));
      box.style.visibility = free ? "" : "hidden";
      if (free) taken.push(bounds);
    }
  }

  /* --- a school in words ------------------------------------------------------------------ */

  function details(row) {
    const { schools: columns } = read();
    const box = element("div", undefined, "school");
    box.tabIndex = -1;
    box.append(element("h3", cell(columns.name, row)));
    const list = element("dl");
    for (const { label, values } of columns.fields) {
      const value = cell(values, row);
      if (value) list.append(element("dt", label), element("dd", value));
    }
    box.append(list);
    return box;
  }

  function start(map, layer) {
    const { words, schools: columns } = read();
    const status = document.getElementById("status");
    const chosen = document.getElementById("chosen");
    let opener;

    function show(row, from) {
      const box = details(row);
      map.closePopup();
      opener = from;
      chosen.hidden = true;
      if (columns.lat[row] === null) {
        chosen.replaceChildren(box, element("p", words.no_place));
        chosen.hidden = false;
        box.focus();
        return;
      }
      const mark = columns.mark[row];
      if (layer.isHidden(mark)) document.querySelector(`[data-mark="${mark}"]`).click();
      if (!map.hasLayer(layer)) map.addLayer(layer);
      const at = L.latLng(columns.lat[row], columns.lon[row]);
      if (from) {
        map.setView(at, Math.max(map.getZoom(), NEAR), { animate: false });
        map.getContainer().scrollIntoView({ block: "nearest" });
      }
      const maxHeight = Math.min(380, map.getSize().y - 100);
      const popup = L.popup({ maxWidth: 270, minWidth: 200, maxHeight, autoPanPadding: [8, 8] });
      popup.setLatLng(at).setContent(box).openOn(map);
      const close = popup.getElement().querySelector(".leaflet-popup-close-button");
      close.setAttribute("aria-label", words.close);
      box.focus({ preventScroll: true });
    }

    map.on("click", (event) => {
      const row = layer._map && layer.nearest(event.containerPoint);
      if (row !== undefined && row !== null) show(row);
    });
    map.on("mousemove", (event) => {
      const over = layer._map && layer.nearest(event.containerPoint) !== undefined;
      map.getContainer().classList.toggle("over-mark", Boolean(over));
    });
    map.on("popupopen", () => map.getContainer().classList.add("reading"));
    map.on("popupclose", () => {
      map.getContainer().classList.remove("reading");
      (opener || map.getContainer()).focus({ preventScroll: true });
      opener = undefined;
    });
    map.getContainer().addEventListener("keydown", (event) => {
      if (event.key === "Escape") map.closePopup();
    });

    const label = () => {
      map.getContainer().classList.toggle("near", map.getZoom() >= 10);
      map.getContainer().classList.toggle("far", map.getZoom() < 7.75);
      thin(map);
    };
    map.on("zoomend overlayadd overlayremove", label);
    label();
    map.on("baselayerchange", (event) => {
      const shown = event.layer instanceof L.ImageOverlay; // else "Hide coverage"
      document.getElementById("coverage-legend").hidden = !shown;
      if (shown) document.getElementById("coverage-title").textContent = event.name;
    });
    map.on("overlayadd overlayremove", (event) => {
      if (event.layer.options.pane !== "sites") return;
      document.getElementById("sites-legend").hidden = event.type === "overlayremove";
    });
    const toggle = map.getContainer().querySelector(".leaflet-control-layers-toggle");
    toggle.title = words.layers;
    toggle.setAttribute("aria-label", words.layers);

    for (const box of document.querySelectorAll("[data-mark]")) {
      box.addEventListener("change", () => layer.setHidden(box.dataset.mark, !box.checked));
    }
    for (const button of document.querySelectorAll("button[data-row]")) {
      button.addEventListener("click", () => show(Number(button.dataset.row), button));
    }
    search(columns, words, status, show);
  }

  /* --- search ----------------------------------------------------------------------------- */

  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  function search(columns, words, status, show) {
    const input = document.getElementById("search");
    const list = document.getElementById("found");
    const keys = columns.npsn.map((npsn, row) => folded(` ${npsn} ${cell(columns.name, row)}`));
    let rows = [];
    let active = -1;

    function find() {
      const parts = folded(input.value).split(/\s+/).filter(Boolean);
      // Beginnings of words, in the order of rank; parts of words only where nothing begins so.
      const matching = (test) => [...keys.keys()].filter((row) => parts.every((part) => test(keys[row], part)));
      let found = parts.length ? matching((key, part) => key.includes(` ${part}`)) : [];
      if (!found.length && parts.length) found = matching((key, part) => key.includes(part));
      rows = found.slice(0, MOST_FOUND);
      active = -1;
      list.replaceChildren(...rows.map(option));
      open(rows.length > 0);
      status.textContent = parts.length
        ? words.found_count.replace("{count}", new Intl.NumberFormat(document.documentElement.lang).format(found.length))
        : "";
    }

    function option(row, number) {
      const item = element("li");
      item.id = `found-${number}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.append(element("strong", cell(columns.name, row)));
      item.append(element("span", `${columns.npsn[row]} · ${cell(columns.where, row)}`));
      item.addEventListener("pointerdown", (event) => event.preventDefault());
      item.addEventListener("click", () => choose(number));
      return item;
    }

    function open(wanted) {
      list.hidden = !wanted;
      input.setAttribute("aria-expanded", String(wanted));
      if (!wanted) input.removeAttribute("aria-activedescendant");
    }

    function move(to) {
      if (!rows.length) return;
      open(true);
      active = (to + rows.length) % rows.length;
      [...list.children].forEach((item, number) =>
        item.setAttribute("aria-selected", String(number === active)));
      input.setAttribute("aria-activedescendant", `found-${active}`);
      list.children[active].scrollIntoView({ block: "nearest" });
    }

    function choose(number) {
      const row = rows[number];
      if (row === undefined) return;
      open(false);
      show(row, input);
    }

    input.addEventListener("input", find);
    input.addEventListener("blur", () => open(false));
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") move(active + 1);
      else if (event.key === "ArrowUp") move(active < 0 ? -1 : active - 1);
      else if (event.key === "Enter") choose(Math.max(active, 0));
      else if (event.key === "Escape" && !list.hidden) open(false);
      else return;
      event.preventDefault();
    });
  }

  return { schools, sites, areas, start };
})();
