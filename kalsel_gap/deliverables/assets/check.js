/* The page of findings. Texts of others reach the page through textContent only. */
"use strict";

Object.assign(kalselGap, (() => {
  const { read, cell, element, Points, label, popups, onMark, folded } = kalselGap;
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

  function start(map, layer) {
    const { words, findings: columns, points, marks, severities } = read();
    const of = (name, row) => cell(columns[name], row);
    const count = columns.row.length;
    const numbers = new Intl.NumberFormat(document.documentElement.lang);
    const filled = (words_, values) =>
      words_.replace(/\{(\w+)\}/g, (_, name) => typeof values[name] === "number" ? numbers.format(values[name]) : values[name]);
    const open = popups(map, 11);
    const lines = joins(points);
    const dashes = L.polyline([], { renderer: L.canvas(), interactive: false, color: marks[PROPOSED].stroke, weight: 1.5, dashArray: "5 4" });
    const body = document.getElementById("rows");
    const shownSeverities = new Set(Object.keys(severities));
    const place = new Map(); // a finding's mark; the proposed one where there is one
    points.finding.forEach((finding, n) => place.set(finding, n));

    let kept = new Uint8Array(count).fill(1);
    let order = [];
    let sort = { by: "severity", down: false };
    let page = 0;

    /* --- what is shown --------------------------------------------------------------------- */

    const severityOrder = Object.fromEntries(Object.keys(severities).map((name, n) => [name, n]));
    const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
    const plainly = (a, b) => (a > b) - (a < b);
    const inFile = (a, b) => plainly(of("file", a), of("file", b)) || (columns.row[a] || 0) - (columns.row[b] || 0);
    const orders = {
      severity: (a, b) => severityOrder[of("severity", a)] - severityOrder[of("severity", b)],
      code: (a, b) => plainly(of("code", a), of("code", b)),
      // Empty cells come last.
      name: (a, b) => !of("name", a) - !of("name", b) || collator.compare(of("name", a), of("name", b)),
      file: inFile,
      proposal: (a, b) => !of("proposal", a) - !of("proposal", b) || collator.compare(of("proposal", a), of("proposal", b)),
    };

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
      order = [...keys.keys()].filter((row) => kept[row]);
      document.getElementById("status").textContent =
        filled(words.shown, { count: order.length, all: count, located });
      arrange();
    }

    function arrange() {
      const sign = sort.down ? -1 : 1;
      order.sort((a, b) => sign * orders[sort.by](a, b) || inFile(a, b) || a - b);
      for (const button of document.querySelectorAll("[data-sort]")) {
        const head = button.closest("th");
        if (button.dataset.sort !== sort.by) head.removeAttribute("aria-sort");
        else head.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      }
      turn(0);
    }

    function turn(to) {
      const pages = Math.max(1, Math.ceil(order.length / PAGE));
      page = Math.min(Math.max(to, 0), pages - 1);
      body.replaceChildren(...order.slice(page * PAGE, (page + 1) * PAGE).map(line));
      document.getElementById("none").hidden = order.length > 0;
      document.getElementById("pages").hidden = pages === 1;
      document.getElementById("previous").disabled = page === 0;
      document.getElementById("next").disabled = page === pages - 1;
      document.getElementById("page").textContent = filled(words.page, { page: page + 1, pages });
      document.getElementById("table").scrollTop = 0;
    }

    /* --- a finding in words ---------------------------------------------------------------- */

    const SVG = "http://www.w3.org/2000/svg";

    function severity(row) {
      const { path, fill, stroke, line: width } = marks[of("severity", row)];
      const box = element("span", undefined, "severity");
      const drawing = document.createElementNS(SVG, "svg");
      drawing.setAttribute("class", "mark");
      drawing.setAttribute("viewBox", "-2 -2 4 4");
      drawing.setAttribute("aria-hidden", "true");
      const shape = document.createElementNS(SVG, "path");
      const given = { d: path, fill, stroke, "stroke-width": width, "stroke-linejoin": "round" };
      for (const [name, value] of Object.entries(given)) shape.setAttribute(name, value);
      drawing.append(shape);
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
      what.append(element("span", of("message", row)), element("code", of("code", row)));
      const name = of("name", row);
      if (place.has(row)) {
        const button = element("button", name || words.on_map);
        button.type = "button";
        button.dataset.finding = row;
        button.addEventListener("click", () => show(row, button));
        who.append(button);
      } else if (name) {
        who.append(element("span", name));
      }
      if (of("npsn", row)) who.append(element("span", of("npsn", row), "small"));
      where.append(element("span", of("file", row)));
      if (rowOf(row)) where.append(element("span", rowOf(row), "small"));
      const proposal = of("proposal", row);
      if (proposal) {
        instead.append(element("span", of("value", row), "small"), element("span", `→ ${proposal}`));
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
      here.sort((a, b) => (b === first) - (a === first) || orders.severity(a, b) || inFile(a, b));
      const box = element("div", undefined, "school");
      box.tabIndex = -1;
      box.append(element("h3", of("name", first) || of("file", first)));
      const list = element("ul");
      for (const finding of here.slice(0, MOST_LISTED)) {
        const item = element("li");
        const whose = [of("npsn", finding), of("file", finding), rowOf(finding)].filter(Boolean).join(" · ");
        item.append(severity(finding), element("span", of("message", finding)));
        if (of("proposal", finding)) item.append(element("div", `${words.proposal}: ${of("proposal", finding)}`));
        item.append(element("span", whose, "small"));
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
    label(map);
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
    for (const button of document.querySelectorAll("[data-sort]")) {
      button.addEventListener("click", () => {
        sort = { by: button.dataset.sort, down: sort.by === button.dataset.sort && !sort.down };
        arrange();
      });
    }
    document.getElementById("previous").addEventListener("click", () => turn(page - 1));
    document.getElementById("next").addEventListener("click", () => turn(page + 1));
    filter();
  }

  return { findings, start };
})());
