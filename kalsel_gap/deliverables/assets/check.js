/* The page of findings. Texts of others reach the page through textContent only. */
"use strict";

Object.assign(kalselGap, (() => {
  const {
    read, cell, element, vector, Points, connect, popups, onMark, folded, filled, pagedTable, unbroken, cut,
  } = kalselGap;
  const PAGE = 100; // rows of the table at a time
  const MOST_LISTED = 8; // findings in a pop-up
  const PROPOSED = "proposed";

  function findings() {
    const { points, marks } = read();
    return new Points({ ...points, marks }, { pane: "findings", level: 450, least: 0.8 });
  }

  /* From the place of a finding to the one that its repair proposes. */
  function joins(points) {
    const from = new Map();
    const found = [];
    points.mark.forEach((mark, n) => {
      const at = [points.lat[n], points.lon[n]];
      if (mark !== PROPOSED) from.set(points.finding[n], at);
      else if (from.has(points.finding[n])) found.push({ finding: points.finding[n], line: [from.get(points.finding[n]), at] });
    });
    return found;
  }

  function start(map, layer, bounds) {
    const { words, findings: columns, points, marks, severities } = read();
    const of = (name, row) => cell(columns[name], row);
    const count = columns.row.length;
    connect(map, bounds);
    const open = popups(map, 11);
    const lines = joins(points);
    const dashes = L.polyline([], { renderer: L.svg(), interactive: false, color: marks[PROPOSED].stroke, weight: 1.5, dashArray: "5 4" });
    const shownSeverities = new Set(Object.keys(severities));
    const place = new Map(); // a finding's mark; the proposed one where there is one
    points.finding.forEach((finding, n) => place.set(finding, n));

    let kept = new Uint8Array(count).fill(1);

    /* --- what is shown --------------------------------------------------------------------- */

    const severityOrder = Object.fromEntries(Object.keys(severities).map((name, n) => [name, n]));
    const plainly = (a, b) => (a > b) - (a < b);
    const inFile = (a, b) => plainly(of("file", a), of("file", b)) || (columns.row[a] || 0) - (columns.row[b] || 0);
    const bySeverity = (row) => severityOrder[of("severity", row)];
    const values = { severity: bySeverity };
    for (const name of ["code", "name", "file", "proposal"]) values[name] = (row) => of(name, row);
    const tie = (a, b) => inFile(a, b) || a - b;
    const list = pagedTable({ values, by: "severity", tie, line, length: PAGE });

    const keys = columns.row.map((_, row) =>
      folded(["npsn", "name", "value", "message", "code"].map((name) => of(name, row)).join(" ")));

    function filter() {
      const file = document.getElementById("file").value;
      const code = document.getElementById("code").value;
      const parts = folded(document.getElementById("search").value).split(/\s+/).filter(Boolean);
      kept = Uint8Array.from(keys, (key, row) =>
        shownSeverities.has(of("severity", row))
        && (!file || of("file", row) === file)
        && (!code || of("code", row) === code)
        && parts.every((part) => key.includes(part)));
      layer.setKept(points.finding.map((finding) => kept[finding]));
      dashes.setLatLngs(lines.filter(({ finding }) => kept[finding]).map(({ line }) => line));
      const located = [...place.keys()].filter((finding) => kept[finding]).length;
      const order = [...keys.keys()].filter((row) => kept[row]);
      document.getElementById("status").textContent =
        filled(words.shown, { count: order.length, all: count, located });
      document.getElementById("none").hidden = order.length > 0;
      list(order);
    }

    /* --- a finding in words ---------------------------------------------------------------- */

    function severity(row) {
      const { path, fill, stroke, line: width } = marks[of("severity", row)];
      const box = element("span", undefined, "severity");
      const drawing = vector("svg", { class: "mark", viewBox: "-2 -2 4 4", "aria-hidden": "true" });
      drawing.append(vector("path", { d: path, fill, stroke, "stroke-width": width, "stroke-linejoin": "round" }));
      box.append(drawing, element("span", severities[of("severity", row)]));
      return box;
    }

    function rowOf(row) {
      return columns.row[row] === null ? "" : words.row.replace("{row}", columns.row[row]);
    }

    function line(row) {
      const made = element("tr");
      const cells = Array.from({ length: 5 }, () => element("td"));
      const [how, what, who, where, instead] = cells;
      how.append(severity(row));
      what.append(unbroken(of("message", row)), element("code", of("code", row)));
      const name = of("name", row);
      if (place.has(row)) {
        const button = cut(unbroken(name || words.on_map, "button"));
        button.type = "button";
        button.dataset.finding = row;
        button.addEventListener("click", () => show(row, button));
        who.append(button);
      } else if (name) {
        who.append(cut(unbroken(name)));
      }
      if (of("npsn", row)) who.append(unbroken(of("npsn", row), "span", "small"));
      where.append(cut(unbroken(of("file", row))));
      if (rowOf(row)) where.append(unbroken(rowOf(row), "span", "small"));
      const proposal = of("proposal", row);
      if (proposal) {
        instead.append(cut(unbroken(of("value", row), "span", "small")), unbroken(`→ ${proposal}`));
      }
      made.setAttribute("role", "row");
      for (const each of cells) each.setAttribute("role", "cell");
      made.append(...cells);
      return made;
    }

    /* What is wrong at the place of a mark. */
    function listing(mark) {
      const first = points.finding[mark];
      const here = [];
      points.finding.forEach((finding, n) => {
        const same = points.lat[n] === points.lat[mark] && points.lon[n] === points.lon[mark];
        if (same && kept[finding] && !here.includes(finding)) here.push(finding);
      });
      here.sort((a, b) => (b === first) - (a === first) || bySeverity(a) - bySeverity(b) || inFile(a, b));
      const box = element("div", undefined, "school");
      box.append(element("h2", of("name", first) || of("file", first)));
      const list = element("ul");
      for (const finding of here.slice(0, MOST_LISTED)) {
        const item = element("li");
        const whose = [of("npsn", finding), of("file", finding), rowOf(finding)].filter(Boolean).join(" · ");
        item.append(severity(finding), unbroken(of("message", finding)));
        if (of("proposal", finding)) item.append(unbroken(`${words.proposal}: ${of("proposal", finding)}`, "div"));
        item.append(unbroken(whose, "span", "small"));
        list.append(item);
      }
      if (here.length > MOST_LISTED) list.append(element("li", filled(words.more, { count: here.length - MOST_LISTED })));
      box.append(list);
      return box;
    }

    function show(row, from) {
      if (!map.hasLayer(layer)) map.addLayer(layer);
      const mark = place.get(row);
      open(L.latLng(points.lat[mark], points.lon[mark]), listing(mark), from);
    }

    /* --- ties ------------------------------------------------------------------------------ */

    onMark(map, layer, (mark) => open(L.latLng(points.lat[mark], points.lon[mark]), listing(mark)));
    layer.on("add", () => dashes.addTo(map));
    layer.on("remove", () => dashes.remove());
    dashes.addTo(map);
    for (const box of document.querySelectorAll("[data-severity]")) {
      box.addEventListener("change", () => {
        if (box.checked) shownSeverities.add(box.dataset.severity);
        else shownSeverities.delete(box.dataset.severity);
        filter();
      });
    }
    for (const id of ["file", "code"]) document.getElementById(id).addEventListener("change", filter);
    document.getElementById("search").addEventListener("input", filter);
    document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());
    filter();
  }

  return { findings, start };
})());
