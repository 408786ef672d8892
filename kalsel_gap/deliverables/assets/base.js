/* What pages with a map share in the browser. Texts of the inputs reach the page through textContent only. */
"use strict";

const kalselGap = (() => {
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

  /* Writes a text that is read aloud when it changes, and only then. */
  function say(part, text) {
    if (part.textContent !== text) part.textContent = text;
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

  const isPrinting = () => document.documentElement.classList.contains("printing");

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
      (still(opener) || map.getContainer()).focus({ preventScroll: true });
      opener = undefined;
    });
    map.getContainer().addEventListener("keydown", (event) => {
      if (event.key === "Escape") map.closePopup();
    });
    /* A list or a page of the table may have been written anew since. */
    function still(from) {
      if (!from || from.isConnected) return from;
      const row = Number(from.dataset.row);
      return Number.isInteger(row) ? document.querySelector(`[data-row="${row}"]`) : undefined;
    }

    /* `from` is what it was opened from; without one, what the open pop-up was opened from. Where
       the map is to stay, a pop-up does not move it. */
    return (at, box, from, isToStay = false) => {
      const back = from || (map._popup && map._popup.isOpen() ? opener : undefined);
      map.closePopup();
      opener = back;
      if (from) {
        if (!isToStay) map.setView(at, Math.max(map.getZoom(), near), { animate: false });
        map.getContainer().scrollIntoView({ block: "nearest" });
      }
      const maxHeight = Math.min(380, map.getSize().y - 100);
      const width = Math.min(310, map.getSize().x - 60);
      const popup = L.popup({ maxWidth: width, minWidth: width, maxHeight, autoPan: !isToStay, autoPanPadding: [8, 8] });
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

  /* --- words -------------------------------------------------------------------------------- */

  const filled = (sentence, values) => {
    const numbers = new Intl.NumberFormat(document.documentElement.lang);
    return sentence.replace(/\{(\w+)\}/g, (_, name) =>
      typeof values[name] === "number" ? numbers.format(values[name]) : values[name]);
  };

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

  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  return {
    read, cell, unpacked, say, element, vector, pane, isPrinting, areas, connect, motion, popups, dialog, folded, filled, unbroken, cut,
  };
})();
