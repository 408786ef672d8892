/* Points of a map as marks on one canvas. */
"use strict";

Object.assign(kalselGap, (() => {
  const { pane, vector, isPrinting } = kalselGap;
  const TOLERANCE = 14; // pixels between a click and the mark that is meant

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

  return { Points, onMark };
})());
