/* The story of the map: the schools that matter, summaries of kabupaten, the first of the list. */
"use strict";

Object.assign(kalselGap, (() => {
  const { read, cell, element, Points, filled, unbroken, cut } = kalselGap;
  const APART = 11; // pixels between two marks of a map of the whole area
  const ROW = 2 ** 26; // more cells than a map has in a column
  const QUIET = " quiet"; // behind the name of a mark: its small form

  /* The schools. Far out, those that matter stand out and do not cover one another; the others are
     small. `options.far` says up to which zoom that is so. */
  const Schools = Points.extend({
    initialize(points, options) {
      this._largeMarks = undefined;
      this._far = Infinity; // until the view of the whole area is known
      this._loud = Uint8Array.from(points.lat, (_, row) => cell(points.loud, row) === "y");
      Points.prototype.initialize.call(this, points, options);
    },

    setMarks(marks, mark) {
      const quiet = Object.fromEntries(Object.entries(marks).map(([name, each]) =>
        [name + QUIET, { ...each, radius: 1.6, stroke: each.line > 0.3 ? each.stroke : "#1a1a1a66" }]));
      Points.prototype.setMarks.call(this, { ...marks, ...quiet }, mark);
    },

    setFar(zoom) {
      this._far = zoom;
    },

    isFar() {
      return this._map.getZoom() < this._far;
    },

    _radius(mark) {
      return mark.radius < 2 ? mark.radius : Points.prototype._radius.call(this, mark);
    },

    /* Marks that are shown large far out: of those that would lie on one another the first. */
    _large() {
      const scale = this._map.options.crs.scale(this._map.getZoom()) / 256 / APART;
      const taken = new Set();
      const large = new Set();
      const order = [...this._x.keys()].filter((n) => this._loud[this._rows[n]] && !this._isOut(n));
      order.sort((a, b) => this._rows[a] - this._rows[b]);
      for (const n of order) {
        const [x, y] = [Math.floor(this._x[n] * scale), Math.floor(this._y[n] * scale)];
        const place = x * ROW + y;
        if ([0, 1, -1, ROW, -ROW].some((step) => taken.has(place + step))) continue;
        taken.add(place);
        large.add(n);
      }
      return large;
    },

    _eachInWindow(act) {
      if (!this.isFar()) {
        Points.prototype._eachInWindow.call(this, act);
        return;
      }
      const large = this._large();
      this._largeMarks = large; // until they are drawn again
      const late = [];
      Points.prototype._eachInWindow.call(this, (mark, x, y, n) => {
        if (large.has(n)) late.push([mark, x, y]);
        else act(mark + QUIET, x, y);
      });
      for (const each of late) act(...each);
    },

    /* Far out a click means a mark that stands out, if one is near. */
    nearest(point) {
      if (!this.isFar()) return Points.prototype.nearest.call(this, point);
      const large = this._largeMarks || this._large();
      return Points.prototype.nearest.call(this, point, (n) => large.has(n))
        ?? Points.prototype.nearest.call(this, point);
    },
  });

  function schools() {
    const { schools: points, schemes } = read();
    const [{ key, marks }] = schemes;
    const { codes } = points;
    const mark = points.lat.map((_, row) => cell(codes[key], row));
    return new Schools({ ...points, mark, marks }, { pane: "schools", level: 450 });
  }

  /* --- summaries of kabupaten -------------------------------------------------------------- */

  /* A button for each kabupaten: how many of its schools are critical. They give way to the schools
     when one zooms in. */
  function badges(map, far) {
    const { badges: all, words } = read();
    const group = L.layerGroup();
    const buttons = [];
    const markers = all.map((badge) => {
      const button = element("button", undefined, "badge");
      button.type = "button";
      button.append(element("span", badge.name, "badge-name"), element("span", "", "badge-count"));
      label(button, badge);
      button.addEventListener("click", () => {
        map.fitBounds(badge.box, { animate: false });
        if (map.getZoom() < far()) map.setZoom(far() + 0.1, { animate: false });
        map.getContainer().focus({ preventScroll: true });
      });
      L.DomEvent.disableClickPropagation(button);
      buttons.push(button);
      const icon = L.divIcon({ html: button, className: "badge-place", iconSize: [0, 0] });
      return L.marker(badge.at, { icon, keyboard: false, interactive: false, pane: "badges" });
    });

    function label(button, counts) {
      button.setAttribute("aria-label", filled(words.badge, counts));
      button.lastChild.textContent = filled("{critical}/{count}", counts);
      button.classList.toggle("none", !counts.critical);
      button.hidden = !counts.count;
    }

    /* Of the schools that are shown. */
    function recount(state) {
      const counts = new Map(all.map(({ value }) => [value, { critical: 0, count: 0 }]));
      for (const row of state.rows) {
        const found = counts.get(state.codeOf("kabupaten", row));
        if (!found || state.rankOf(row) === null) continue;
        found.count += 1;
        found.critical += state.codeOf("tier", row) === "critical";
      }
      for (const [n, badge] of all.entries()) {
        label(buttons[n], { ...badge, ...counts.get(badge.value) });
      }
    }

    /* Badges that would lie on one another move apart, but none to where another one belongs: it is
       not shown then. Those with the most critical schools come first. */
    function spread() {
      const size = map.getSize();
      const taken = [];
      const anchors = markers.map((marker) => map.latLngToContainerPoint(marker.getLatLng()));
      for (const marker of markers) {
        const button = marker.getElement()?.firstChild;
        if (!button || button.hidden) continue;
        const half = L.point(button.offsetWidth / 2 + 1, button.offsetHeight / 2 + 1);
        const at = map.latLngToContainerPoint(marker.getLatLng());
        const boundsAt = (shift) => L.bounds(at.add(shift).subtract(half), at.add(shift).add(half));
        const isFree = (shift) => {
          const bounds = boundsAt(shift);
          return bounds.min.x > 0 && bounds.max.x < size.x && bounds.min.y > 0 && bounds.max.y < size.y
            && !taken.some((other) => other.overlaps(bounds));
        };
        const isAtHome = (shift) => {
          const [away, place] = [Math.hypot(shift.x, shift.y), at.add(shift)];
          return anchors.every((anchor) => anchor.equals(at) || anchor.distanceTo(place) > away);
        };
        const shift = shifts().find((each) => isFree(each) && isAtHome(each));
        button.style.visibility = shift ? "" : "hidden";
        if (!shift) continue;
        taken.push(boundsAt(shift));
        button.style.transform = `translate(-50%, -50%) translate(${shift.x}px, ${shift.y}px)`;
      }
    }

    function show() {
      const wanted = map.getZoom() < far();
      if (wanted && !map.hasLayer(group)) map.addLayer(group);
      if (!wanted) {
        const isLost = document.activeElement.matches(".badge");
        map.removeLayer(group);
        if (isLost) map.getContainer().focus({ preventScroll: true });
      }
      if (wanted) spread();
    }

    map.createPane("badges").style.zIndex = 470;
    for (const marker of markers) group.addLayer(marker);
    // Before the names of areas, which the summaries replace, are laid out again.
    const toggle = () => map.getContainer().classList.toggle("summary", map.getZoom() < far());
    map.on("zoom", toggle);
    map.on("zoomend resize", show);
    toggle();
    show();
    return recount;
  }

  /* Shifts to try, the nearest first. */
  function shifts() {
    const found = [L.point(0, 0)];
    for (let radius = 8; radius <= 96; radius += 8) {
      for (let n = 0; n < 12; n += 1) {
        const angle = (n * Math.PI) / 6;
        found.push(L.point(Math.round(radius * Math.cos(angle)), Math.round(radius * Math.sin(angle))));
      }
    }
    return found;
  }

  /* --- the first schools -------------------------------------------------------------------- */

  const FIRST = 20;

  /* Shows the first schools of some rows, which are in their order. */
  function firstList(state, rows) {
    const { words, schools: columns } = read();
    const list = document.getElementById("first-list");
    const reasons = columns.table[columns.table.length - 1];
    const ranked = rows.filter((row) => state.rankOf(row) !== null).slice(0, FIRST);
    list.replaceChildren(...ranked.map((row) => {
      const item = element("li");
      const button = element("button");
      button.type = "button";
      button.dataset.row = row;
      const numbers = new Intl.NumberFormat(document.documentElement.lang);
      button.append(
        element("span", numbers.format(state.rankOf(row)), "rank"), " ",
        cut(element("strong", cell(columns.name, row))), " ",
        element("span", cell(columns.where, row), "where"), " ",
        unbroken(cell(kalselGap.valuesOf(reasons), row), "span", "why"),
      );
      item.append(button);
      return item;
    }));
    const usual = state.isFiltered() ? words.first_shown : words.first;
    const title = state.trialBy ? words[`first_trial_${state.trialBy}`] : usual;
    document.getElementById("first-title").textContent = ranked.length
      ? filled(title, { count: ranked.length }) : words.none_shown;
    list.hidden = !ranked.length;
  }

  return { schools, badges, firstList };
})());
