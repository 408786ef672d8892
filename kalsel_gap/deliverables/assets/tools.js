/* Tools: a scale is the library's; distances, the whole screen, and a link to what is shown. */
"use strict";

Object.assign(kalselGap, (() => {
  const { read, element, vector, filled, pane, isPrinting } = kalselGap;

  /* --- distances ---------------------------------------------------------------------------- */

  const RADIUS_KM = 6378.137; // WGS 84
  const FLATTENING = 1 / 298.257223563;

  /* Distance on the ellipsoid by Lambert's formula: within 10 m over thousands of kilometres. */
  function distanceKm(a, b) {
    const radians = Math.PI / 180;
    const reduced = (lat) => Math.atan((1 - FLATTENING) * Math.tan(lat * radians));
    const [p, q] = [reduced(a.lat), reduced(b.lat)];
    const half = (x) => Math.sin(x / 2) ** 2;
    const h = half(q - p) + Math.cos(p) * Math.cos(q) * half((b.lng - a.lng) * radians);
    const sigma = 2 * Math.asin(Math.min(1, Math.sqrt(h)));
    if (sigma === 0) return 0;
    const [mean, change] = [(p + q) / 2, (q - p) / 2];
    const x = (sigma - Math.sin(sigma)) * (Math.sin(mean) * Math.cos(change) / Math.cos(sigma / 2)) ** 2;
    const y = (sigma + Math.sin(sigma)) * (Math.cos(mean) * Math.sin(change) / Math.sin(sigma / 2)) ** 2;
    return RADIUS_KM * (sigma - (FLATTENING / 2) * (x + y));
  }

  /* What is measured, in words on the map; the live region beside it says the same aloud. */
  function measureBox(map) {
    const box = element("div", undefined, "measure-box");
    box.setAttribute("aria-hidden", "true");
    box.hidden = true;
    L.DomEvent.disableClickPropagation(box); // what lies below it cannot be meant
    const control = L.control({ position: "bottomleft" });
    control.onAdd = () => box;
    control.addTo(map);
    return (sentence) => {
      box.textContent = sentence;
      box.hidden = !sentence;
    };
  }

  /* A cross at the centre of the map: the point that the keyboard takes. */
  function cross(map) {
    const drawn = vector("svg", { class: "measure-cross", viewBox: "-12 -12 24 24", "aria-hidden": "true" });
    const d = "M-11 0H-3M3 0H11M0 -11V-3M0 3V11"; // nothing hides the point itself
    for (const style of [{ stroke: "#fff", "stroke-width": 5 }, { stroke: "#1a1a1a", "stroke-width": 2 }]) {
      drawn.append(vector("path", { d, fill: "none", ...style }));
    }
    map.getContainer().append(drawn);
  }

  /* From one point to another: clicks on the map, its centre by the keyboard, or schools by their
     pop-ups. */
  function measuring(map) {
    const { words } = read();
    const button = document.getElementById("measure");
    const status = document.getElementById("measured");
    const clear = document.getElementById("clear");
    const drawn = L.layerGroup().addTo(map);
    let first;
    pane(map, "measure", 480);
    const renderer = L.svg({ padding: 0.5, pane: "measure" });
    const style = { renderer, pane: "measure", interactive: false };
    const lines = [{ color: "#fff", weight: 6 }, { color: "#1a1a1a", weight: 2.5, dashArray: "8 5" }];
    const write = measureBox(map);
    cross(map);

    function say(sentence) {
      status.textContent = sentence;
      write(sentence);
      clear.hidden = !sentence;
    }

    function isOn() {
      return button.getAttribute("aria-pressed") === "true";
    }

    function turn(on) {
      button.setAttribute("aria-pressed", String(on));
      map.getContainer().classList.toggle("measuring", on);
    }

    function begin(at, name) {
      drawn.clearLayers();
      first = { at, name };
      turn(true); // from a pop-up too: the second point may be a click on the map
      L.circleMarker(at, { ...style, radius: 5, color: "#1a1a1a", fillColor: "#fff", fillOpacity: 1 }).addTo(drawn);
      say(filled(words.measure_second, { from: name }));
    }

    function end(at, name) {
      for (const line of lines) L.polyline([first.at, at], { ...style, ...line }).addTo(drawn);
      const km = distanceKm(first.at, at);
      const digits = km < 10 ? 2 : 1;
      const shown = km.toLocaleString(document.documentElement.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
      say(filled(words.distance, { from: first.name, to: name, km: shown }));
      first = undefined;
      turn(false);
    }

    function stop() {
      drawn.clearLayers();
      first = undefined;
      turn(false);
      say("");
    }

    function take(at, name) {
      if (first) end(at, name);
      else begin(at, name);
    }

    button.addEventListener("click", () => {
      if (isOn()) {
        stop();
        return;
      }
      stop();
      turn(true);
      say(words.measure_first);
      // On a telephone the map is elsewhere, and the keyboard takes its points there.
      map.getContainer().focus({ preventScroll: true });
      map.getContainer().scrollIntoView({ block: "nearest" });
    });
    map.getContainer().addEventListener("keydown", (event) => {
      if (!isOn() || event.repeat) return;
      const isOpen = map._popup && map._popup.isOpen(); // Escape closes it first
      if (event.key === "Escape" && !isOpen) stop();
      if (event.key !== "Enter" || event.target !== map.getContainer()) return;
      event.preventDefault();
      take(map.getCenter(), words.point);
    });
    clear.addEventListener("click", () => {
      stop();
      (button.closest("details").open ? button : button.closest("details").firstElementChild).focus();
    });

    return {
      isOn,
      /* Whether a click on the map was meant for the measurement; a school gives it its name. */
      click(at, name) {
        if (!isOn()) return false;
        take(at, name || words.point);
        return true;
      },
      /* The button of a pop-up: the first school, then the second. */
      button(at, name) {
        const made = element("button", first ? words.measure_to : words.measure_from, "measure-here");
        made.type = "button";
        made.addEventListener("click", () => {
          take(at, name);
          map.closePopup();
        });
        return made;
      },
    };
  }

  /* --- the whole screen --------------------------------------------------------------------- */

  function fullscreen(map) {
    const { words } = read();
    const box = map.getContainer().closest(".stage"); // with its search, legend and list
    if (!document.fullscreenEnabled) return;
    const control = L.control({ position: "topleft" });
    control.onAdd = () => {
      const bar = element("div", undefined, "leaflet-bar");
      const button = element("button", undefined, "fullscreen");
      const icon = vector("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" });
      icon.append(vector("path", { d: "M2 6V2H6M10 2H14V6M14 10V14H10M6 14H2V10", fill: "none", stroke: "currentColor", "stroke-width": 2 }));
      button.append(icon);
      button.type = "button";
      button.title = words.fullscreen;
      button.setAttribute("aria-label", words.fullscreen);
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => {
        if (document.fullscreenElement) document.exitFullscreen();
        else box.requestFullscreen().catch(() => {}); // the reader's browser may forbid it
      });
      document.addEventListener("fullscreenchange", () => {
        button.setAttribute("aria-pressed", String(document.fullscreenElement === box));
        map.invalidateSize({ animate: false });
      });
      L.DomEvent.disableClickPropagation(bar);
      bar.append(button);
      return bar;
    };
    control.addTo(map);
  }

  /* --- a link to what is shown --------------------------------------------------------------- */

  const NUMBER = /^-?\d+(\.\d+)?$/;

  /* Numbers of what is chosen, by list: `level.0.2~tier.1`. A link holds no names of values. */
  function written(lists, chosen) {
    const parts = Object.keys(lists).map((key) =>
      [key, ...lists[key].flatMap((value, n) => (chosen[key].has(value) ? [n] : []))]);
    return parts.filter((part) => part.length > 1).map((part) => part.join(".")).join("~");
  }

  /* The same back. A link is anybody's text: only lists and values that there are come of it. */
  function chosenOf(lists, text) {
    const found = Object.fromEntries(Object.keys(lists).map((key) => [key, new Set()]));
    for (const [key, ...places] of text.split("~").map((part) => part.split("."))) {
      if (!Object.hasOwn(lists, key)) continue;
      lists[key].forEach((value, n) => places.includes(String(n)) && found[key].add(value));
    }
    return found;
  }

  /* Which layers are on, as numbers of their inputs; nothing where they are as the page opens. */
  function layerLink() {
    const inputs = [...document.querySelectorAll("#layers input")];
    const isLayer = (input) => input.value !== ""; // a radio button without a value is for none

    function now() {
      if (inputs.every((input) => input.checked === input.defaultChecked)) return "";
      const on = inputs.flatMap((input, n) => (input.checked && isLayer(input) ? [n] : []));
      return on.join(".") || "-";
    }

    function set(text) {
      const places = text.split(".");
      const isWanted = (input, n) => (text ? isLayer(input) && places.includes(String(n)) : input.defaultChecked);
      const wanted = inputs.filter(isWanted);
      const isOn = (input) => wanted.includes(input)
        || (!isLayer(input) && !wanted.some(({ name }) => name === input.name));
      const before = inputs.map((input) => input.checked);
      for (const input of inputs) input.checked = isOn(input);
      inputs.filter((input, n) => input.checked !== before[n])
        .forEach((input) => input.dispatchEvent(new Event("change")));
    }

    return { now, set };
  }

  /* Weights on trial as `slider:value`, the one that was moved last at the end. */
  function weightLink(weights) {
    const now = () => (weights ? weights.moved() : []).map((pair) => pair.join(":")).join("~");
    function set(text) {
      const pairs = text.split("~").map((part) => part.split(":"))
        .filter((pair) => pair.length === 2 && pair.every((each) => NUMBER.test(each)));
      weights?.move(pairs.map((pair) => pair.map(Number)));
    }
    return { now, set };
  }

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return ""; // somebody shortened the link
    }
  }

  /* #lat/lon/zoom/scheme/school/filters/hidden/layers/weights, without what is empty at the end:
     kept while the reader moves, read when the page opens. */
  function permalink(map, { choice, weights, school, open, close }) {
    const { schools: columns, schemes, facets } = read();
    const { state } = choice;
    const values = Object.fromEntries(facets.map((each) => [each.key, each.values]));
    const classes = Object.fromEntries(schemes.map(({ key, marks }) => [key, Object.keys(marks)]));
    const [layers, trial] = [layerLink(), weightLink(weights)];
    const chosen = () => [written(values, state.filters), written(classes, state.hidden)];
    let isRestoring = false;

    function write() {
      if (isPrinting() || isRestoring) return;
      const { lat, lng } = map.getCenter();
      const npsn = columns.npsn[school()] || "";
      const parts = [
        lat.toFixed(4), lng.toFixed(4), map.getZoom().toFixed(1), state.scheme,
        encodeURIComponent(npsn), ...chosen(), layers.now(), trial.now(),
      ];
      while (!parts.at(-1)) parts.pop();
      window.history.replaceState(null, "", `#${parts.join("/")}`);
    }

    function setChoices(filters, hidden) {
      if ([filters, hidden].join("/") === chosen().join("/")) return;
      choice.choose(chosenOf(values, filters), chosenOf(classes, hidden));
    }

    /* Last the school: its pop-up stays where the view of the link has it. */
    function show([scheme, npsn, filters, hidden, on, weighted], view) {
      if (scheme) choice.setScheme(scheme);
      setChoices(filters, hidden);
      if (on !== layers.now()) layers.set(on);
      if (weighted !== trial.now()) trial.set(weighted);
      map.setView(view.slice(0, 2), view[2], { reset: true }); // moved there it is a pixel off
      const wanted = decoded(npsn);
      const row = wanted ? columns.npsn.indexOf(wanted) : -1;
      if (row < 0) close();
      else if (row !== school()) open(row);
    }

    function restore() {
      const parts = window.location.hash.slice(1).split("/");
      const view = parts.slice(0, 3);
      if (view.length < 3 || !view.every((each) => NUMBER.test(each))) return;
      const [lat, lon, zoom] = view.map(Number);
      if (Math.abs(lat) > 85 || Math.abs(lon) > 180) return;
      isRestoring = true; // what is half restored is no link
      show(Array.from({ length: 6 }, (_, n) => parts[3 + n] || ""), [lat, lon, zoom]);
      isRestoring = false;
      write();
    }

    restore();
    map.on("moveend", write);
    document.getElementById("layers").addEventListener("change", write);
    window.addEventListener("hashchange", restore);
    return write;
  }

  return { distanceKm, measuring, fullscreen, permalink };
})());
