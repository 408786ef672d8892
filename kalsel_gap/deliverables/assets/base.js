/* What pages with a map share in the browser. Texts of the inputs reach the page through textContent only. */
"use strict";

const kalselGap = (() => {
  const TOLERANCE = 14; // pixels between a click and the mark that is meant

  const names = []; // of areas, as they lie on the map

  let data;

  function read() {
    if (data) return data;
    data = JSON.parse(document.getElementById("data").textContent);
    const { schools } = data;
    for (const name of ["lat", "lon"]) {
      if (schools?.[name].codes !== undefined) schools[name] = numbersOf(schools[name]);
    }
    for (const column of schools?.table || []) {
      if (column.order) column.order = numbersOf(column.order);
    }
    return data;
  }

  const SLOT = /\u0001/g; // stands for a number in a text

  /* Indices of fixed width in base 90: printable characters but for < and the backslash. */
  function indices(text, width) {
    const found = new Uint32Array(text.length / width);
    for (let n = 0; n < text.length; n += 1) {
      const code = text.charCodeAt(n);
      const row = Math.floor(n / width);
      found[row] = found[row] * 90 + code - 35 - (code > 60) - (code > 92);
    }
    return found;
  }

  /* Numbers that are written as indices: 0 is a missing one. */
  function numbersOf({ codes, width, least, scale }) {
    return Array.from(indices(codes, width), (code) => (code ? (code - 1 + least) / scale : null));
  }

  /* Unpacks a column once: the texts of its rows as indices, and where each row's numbers begin. */
  function unpacked(column) {
    if (typeof column.rows !== "string") return column;
    column.rows = indices(column.rows, column.width);
    if (column.numbers !== undefined) {
      column.numbers = column.numbers.split(" ");
      const slots = column.words.map((word) => (word.match(SLOT) || []).length);
      let next = 0;
      column.first = column.rows.map((word) => {
        next += slots[word];
        return next - slots[word];
      });
    }
    return column;
  }

  /* A column is a list of texts, or it is packed: texts that repeat, and numbers in them. */
  function cell(column, row) {
    if (!column.words) return column[row];
    const { words, rows, numbers, first } = unpacked(column);
    if (!numbers) return words[rows[row]];
    let next = first[row];
    return words[rows[row]].replace(SLOT, () => {
      next += 1;
      return numbers[next - 1];
    });
  }

  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function vector(tag, attributes = {}) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  function pane(map, name, level) {
    if (!map.getPane(name)) map.createPane(name).style.zIndex = level;
  }

  /* --- marks on a canvas ------------------------------------------------------------------ */

  const isPrinting = () => document.documentElement.classList.contains("printing");

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
      this._points = points;
      this._hidden = new Set();
      this.setMarks(points.marks, points.mark);
    },

    /* Which mark each row has: the marks in the order of their classes, those that matter first. */
    setMarks(marks, mark) {
      const { lat, lon } = this._points;
      const order = Object.fromEntries(Object.keys(marks).map((name, n) => [name, n]));
      const rows = [...lat.keys()].filter((row) => lat[row] !== null);
      // Worst last, so that it lies on top.
      rows.sort((a, b) => order[mark[b]] - order[mark[a]] || b - a);
      this._rows = rows;
      this._mark = rows.map((row) => mark[row]);
      this._marks = marks;
      this._x = Float64Array.from(rows, (row) => (256 / 360) * (lon[row] + 180));
      this._y = Float64Array.from(rows, (row) => {
        const sine = Math.sin((lat[row] * Math.PI) / 180); // spherical Mercator
        return 128 - (64 / Math.PI) * Math.log((1 + sine) / (1 - sine));
      });
      if (this._map) this._draw();
    },

    beforeAdd(map) {
      pane(map, this.options.pane, this.options.level);
    },

    setHidden(mark, hidden) {
      if (hidden) this._hidden.add(mark);
      else this._hidden.delete(mark);
      if (this._map) this._draw();
    },

    /* Only rows of which `kept` says so are drawn and found. */
    setKept(kept) {
      this._kept = kept;
      if (this._map) this._draw();
    },

    _isOut(n) {
      return this._hidden.has(this._mark[n]) || (this._kept && !this._kept[this._rows[n]]);
    },

    isHidden(mark) {
      return this._hidden.has(mark);
    },

    /* Row of the mark next to a point of the map's window, or undefined. */
    nearest(point, isMeant = () => true) {
      const scale = this._map.options.crs.scale(this._map.getZoom()) / 256;
      const wanted = this._map.containerPointToLayerPoint(point).add(this._map.getPixelOrigin());
      let best;
      let least = TOLERANCE * TOLERANCE;
      for (let n = 0; n < this._x.length; n += 1) {
        const right = this._x[n] * scale - wanted.x;
        const down = this._y[n] * scale - wanted.y;
        const distance = right * right + down * down;
        if (distance <= least && !this._isOut(n) && isMeant(n)) {
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

    /* Calls `act` with mark and place of each point in the window, those on top last. */
    _eachInWindow(act) {
      const scale = this._map.options.crs.scale(this._map.getZoom()) / 256;
      const origin = this._map.getPixelOrigin().add(this._bounds.min);
      const size = this._bounds.getSize();
      for (let n = 0; n < this._x.length; n += 1) {
        const x = this._x[n] * scale - origin.x;
        const y = this._y[n] * scale - origin.y;
        if (x < -20 || y < -20 || x > size.x + 20 || y > size.y + 20) continue;
        if (!this._isOut(n)) act(this._mark[n], x, y, n);
      }
    },

    _radius(mark) {
      const grown = 0.6 + 0.2 * (this._map.getZoom() - 8);
      return mark.radius * Math.min(1.7, Math.max(this.options.least || 0.5, grown));
    },

    _draw() {
      if (isPrinting()) {
        this._drawOnPaper();
        return;
      }
      if (this._paper) this._paper.remove();
      const size = this._bounds.getSize();
      const ratio = window.devicePixelRatio || 1;
      const sprites = {};
      for (const [name, mark] of Object.entries(this._marks)) {
        sprites[name] = sprite(mark, this._radius(mark), ratio);
      }
      const context = this._container.getContext("2d");
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, size.x, size.y);
      this._eachInWindow((mark, x, y) => {
        const { canvas, half } = sprites[mark];
        context.drawImage(canvas, x - half, y - half, 2 * half, 2 * half);
      });
      if (!performance.getEntriesByName("marks-drawn").length) performance.mark("marks-drawn");
    },

    /* The same as vectors: Chromium prints a canvas white where nothing is drawn on it. */
    _drawOnPaper() {
      const { x: width, y: height } = this._bounds.getSize();
      const paper = vector("svg", { class: "paper", width, height });
      L.DomUtil.setPosition(paper, this._bounds.min);
      const defined = vector("defs");
      for (const [name, mark] of Object.entries(this._marks)) {
        const radius = this._radius(mark);
        const both = vector("g", { id: `${this.options.pane}-${name}`, transform: `scale(${radius})`, "stroke-linejoin": "round" });
        const around = mark.line + Math.min(2 / radius, 0.4);
        both.append(
          vector("path", { d: mark.path, fill: "none", stroke: "#fff", "stroke-width": around }),
          vector("path", { d: mark.path, fill: mark.fill, stroke: mark.stroke, "stroke-width": mark.line }),
        );
        defined.append(both);
      }
      paper.append(defined);
      this._eachInWindow((mark, x, y) => {
        paper.append(vector("use", { href: `#${this.options.pane}-${mark}`, x: x.toFixed(1), y: y.toFixed(1) }));
      });
      if (this._paper) this._paper.remove();
      this._paper = paper;
      this._container.after(paper);
    },
  });

  /* --- layers, as the page's script makes them -------------------------------------------- */

  function areas(level, style) {
    const group = L.layerGroup();
    group.beforeAdd = (map) => pane(map, "names", 460);
    const { areas: all } = read();
    const renderer = L.svg({ padding: 0.2 }); // sharp on paper too
    L.geoJSON(all[level].lines, { style: { ...style, renderer }, interactive: false }).addTo(group);
    for (const area of all[level].names) {
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

  /* --- what a page ties to its map --------------------------------------------------------- */

  /* Where nothing shows the land, the areas do. */
  function land(map) {
    const { land: drawn } = read().areas;
    if (!drawn) return;
    pane(map, "land", 200);
    const renderer = L.svg({ padding: 0.2, pane: "land" });
    const style = { stroke: false, fillColor: drawn.colour, fillOpacity: 1, renderer };
    L.geoJSON(drawn.shape, { style, interactive: false }).addTo(map);
  }

  /* Shows the bounds until the reader moves the map: after a change of the window and on paper. */
  function frame(map, bounds) {
    const fit = (shown) => map.fitBounds(shown, { padding: [12, 12], animate: false });
    let home;
    const goHome = () => {
      fit(bounds);
      home = { center: map.getCenter(), zoom: map.getZoom() };
    };
    const isHome = () => map.getZoom() === home.zoom && map.getCenter().distanceTo(home.center) < 2000;
    goHome();
    map.on("resize", () => {
      if (!isPrinting() && isHome()) goHome();
    });

    let before;
    window.addEventListener("beforeprint", () => {
      map.closePopup();
      before = { center: map.getCenter(), zoom: map.getZoom() };
      const shown = isHome() ? bounds : map.getBounds();
      document.getElementById("printed").textContent = read().words.printed
        .replace("{date}", new Date().toLocaleDateString(document.documentElement.lang, { dateStyle: "long" }));
      document.documentElement.classList.add("printing");
      map.invalidateSize({ animate: false, pan: false });
      fit(shown);
    });
    window.addEventListener("afterprint", () => {
      document.documentElement.classList.remove("printing");
      map.invalidateSize({ animate: false, pan: false });
      map.setView(before.center, before.zoom, { animate: false });
    });
  }

  function label(map) {
    const again = () => {
      map.getContainer().classList.toggle("near", map.getZoom() >= 10);
      map.getContainer().classList.toggle("far", map.getZoom() < 7.25);
      thin(map);
    };
    map.on("zoomend overlayadd overlayremove resize", again);
    again();
  }

  /* The list of layers behind a button: Escape closes it and gives the focus back. */
  function layerList(map) {
    const box = map.getContainer().querySelector(".leaflet-control-layers");
    if (!box) return; // this page has its own
    const list = box.querySelector(".leaflet-control-layers-list");
    const button = element("button", read().words.layers, "layers-button");
    button.type = "button";
    list.id = "layers";
    button.setAttribute("aria-controls", list.id);
    box.removeAttribute("aria-haspopup");
    box.querySelector(".leaflet-control-layers-toggle").replaceWith(button);
    const open = (wanted) => {
      list.hidden = !wanted;
      button.setAttribute("aria-expanded", String(wanted));
    };
    open(false);
    button.addEventListener("click", () => open(list.hidden));
    map.on("click popupopen", () => open(false));
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || list.hidden) return;
      event.stopPropagation();
      open(false);
      button.focus();
    });
  }

  /* Pop-ups are dialogs: they take the focus and give it back to what they were opened from. What
     was looked for is shown at the zoom `near`. */
  function popups(map, near) {
    let opener;
    map.on("popupopen", () => map.getContainer().classList.add("reading"));
    map.on("popupclose", ({ popup }) => {
      map.getContainer().classList.remove("reading");
      popup.getElement().inert = true; // it fades for a while, and nothing in it takes the focus
      (opener || map.getContainer()).focus({ preventScroll: true });
      opener = undefined;
    });
    map.getContainer().addEventListener("keydown", (event) => {
      if (event.key === "Escape") map.closePopup();
    });
    /* `from` is what it was opened from; without one, what the open pop-up was opened from. */
    return (at, box, from) => {
      const back = from || (map._popup && map._popup.isOpen() ? opener : undefined);
      map.closePopup();
      opener = back;
      if (from) {
        map.setView(at, Math.max(map.getZoom(), near), { animate: false });
        map.getContainer().scrollIntoView({ block: "nearest" });
      }
      const maxHeight = Math.min(380, map.getSize().y - 100);
      const width = Math.min(310, map.getSize().x - 60);
      const popup = L.popup({ maxWidth: width, minWidth: width, maxHeight, autoPanPadding: [8, 8] });
      popup.setLatLng(at).setContent(box).openOn(map);
      popup.getElement().querySelector(".leaflet-popup-close-button")
        .setAttribute("aria-label", read().words.close);
      dialog(popup.getElement(), box).focus({ preventScroll: true });
    };
  }

  /* What a dialog is named by is the heading of its content. */
  function dialog(outer, content) {
    const title = content.querySelector("h2");
    title.id = "dialog-title";
    outer.setAttribute("role", "dialog");
    outer.setAttribute("aria-labelledby", title.id);
    outer.tabIndex = -1;
    return outer;
  }

  /* --- touch and motion -------------------------------------------------------------------- */

  /* One finger scrolls the page, two move and zoom the map. */
  function twoFingers(map) {
    const hint = element("div", read().words.two_fingers, "hint");
    hint.setAttribute("aria-hidden", "true"); // a screen reader has gestures of its own
    map.getContainer().append(hint);
    const show = (event) => hint.classList.toggle("shown", event.touches.length === 1 && event.type === "touchmove");
    for (const type of ["touchmove", "touchend", "touchcancel"]) {
      map.getContainer().addEventListener(type, show, { passive: true });
    }
  }

  const { _onDown: onDown } = L.Draggable.prototype;
  L.Draggable.include({
    _onDown(event) {
      if (!event.touches) onDown.call(this, event);
    },
  });

  /* Options of a map for readers who want nothing to move by itself. */
  function motion() {
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    return still ? { zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, inertia: false } : {};
  }

  function connect(map, bounds) {
    land(map);
    layerList(map);
    twoFingers(map);
    frame(map, bounds);
    label(map);
  }

  /* --- tables ------------------------------------------------------------------------------ */

  const filled = (sentence, values) => {
    const numbers = new Intl.NumberFormat(document.documentElement.lang);
    return sentence.replace(/\{(\w+)\}/g, (_, name) =>
      typeof values[name] === "number" ? numbers.format(values[name]) : values[name]);
  };

  /* A table that its heads sort and that shows a page of its rows at a time. `values` gives, by the
     name of a head, the number or text of a row; rows without one come last in either order.
     Returns a function that shows some rows. */
  function pagedTable({ values, by, tie, line, length }) {
    const { words } = read();
    const body = document.getElementById("rows");
    const heads = [...document.querySelectorAll("[data-sort]")];
    const [previous, next] = ["previous", "next"].map((id) => document.getElementById(id));
    const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
    const isEmpty = (value) => value === null || value === undefined || value === "";
    let sort = { by, down: false };
    let order = [];
    let page = 0;

    function compare(a, b) {
      const [x, y] = [values[sort.by](a), values[sort.by](b)];
      if (isEmpty(x) || isEmpty(y)) return isEmpty(x) - isEmpty(y) || tie(a, b);
      const less = typeof x === "number" ? x - y : collator.compare(x, y);
      return (sort.down ? -less : less) || tie(a, b);
    }

    function arrange() {
      order.sort(compare);
      for (const button of heads) {
        const head = button.closest("th");
        if (button.dataset.sort !== sort.by) head.removeAttribute("aria-sort");
        else head.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      }
      turn(0);
    }

    function turn(to) {
      const pages = Math.max(1, Math.ceil(order.length / length));
      page = Math.min(Math.max(to, 0), pages - 1);
      body.replaceChildren(...order.slice(page * length, (page + 1) * length).map(line));
      document.getElementById("pages").hidden = pages === 1;
      previous.disabled = page === 0;
      next.disabled = page === pages - 1;
      document.getElementById("page").textContent = filled(words.page, { page: page + 1, pages });
    }

    function leaf(step, other) {
      turn(page + step);
      if (document.activeElement === document.body || document.activeElement.disabled) other.focus();
      document.getElementById("table").scrollTop = 0;
    }

    for (const button of heads) {
      button.addEventListener("click", () => {
        sort = { by: button.dataset.sort, down: sort.by === button.dataset.sort && !sort.down };
        arrange();
      });
    }
    previous.addEventListener("click", () => leaf(-1, next));
    next.addEventListener("click", () => leaf(1, previous));
    return (rows) => {
      order = rows;
      arrange();
    };
  }

  /* A number with its sign and its unit. */
  const NUMBER = /([-+−~]?\.?(?:\d[\d.,:–-]*\d|\d)(?:\s(?:%|dBm|dB|Mbps|km|m)(?![\p{L}\d]))?)/u;

  /* A text whose numbers are not broken across lines. */
  function unbroken(text, tag = "span", className) {
    const made = element(tag, undefined, className);
    for (const part of text.split(NUMBER)) {
      made.append(/\d/.test(part) ? element("span", part, "whole") : part);
    }
    return made;
  }

  /* A name that is cut where it is too long; all of it is there to point at and to read aloud. */
  function cut(made) {
    made.classList.add("cut");
    made.title = made.textContent;
    return made;
  }

  /* A click next to a mark, and the hand above one. */
  function onMark(map, layer, act) {
    map.on("click", (event) => {
      const row = layer._map && layer.nearest(event.containerPoint);
      if (row !== undefined && row !== null) act(row);
    });
    map.on("mousemove", (event) => {
      const over = layer._map && layer.nearest(event.containerPoint) !== undefined;
      map.getContainer().classList.toggle("over-mark", Boolean(over));
    });
  }

  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  return {
    read, cell, unpacked, element, vector, pane, isPrinting, Points, areas, connect, motion, popups, dialog, onMark, folded, filled, pagedTable, unbroken, cut,
  };
})();
