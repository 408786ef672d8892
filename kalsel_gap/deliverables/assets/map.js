/* The map of a run. Texts of the inputs reach the page through textContent only. */
"use strict";

Object.assign(kalselGap, (() => {
  const {
    read, cell, element, Points, connect, popups, dialog, onMark, folded, filled, pagedTable, unbroken, cut,
  } = kalselGap;
  const MOST_FOUND = 8;
  const PAGE = 100; // rows of the table at a time

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

  const WIDE = 70; // characters from which a value stands below its label

  /* --- a school in words ------------------------------------------------------------------ */

  function details(row) {
    const { schools: columns } = read();
    const box = element("div", undefined, "school");
    box.append(element("h2", cell(columns.name, row)));
    const list = element("dl");
    for (const { label, values } of columns.fields) {
      const value = cell(values, row);
      if (!value) continue;
      const pair = [element("dt", label), unbroken(value, "dd")];
      if (value.length > WIDE) pair.forEach((each) => each.classList.add("wide"));
      list.append(...pair);
    }
    box.append(list);
    return box;
  }

  /* Rows by their point: of marks that lie on one another only the upper one can be clicked. */
  function rowsByPoint(columns) {
    const found = new Map();
    columns.lat.forEach((lat, row) => {
      if (lat === null) return;
      const point = `${lat} ${columns.lon[row]}`;
      if (!found.has(point)) found.set(point, []);
      found.get(point).push(row);
    });
    return (row) => found.get(`${columns.lat[row]} ${columns.lon[row]}`);
  }

  function start(map, layer, bounds) {
    const { words, schools: columns } = read();
    const status = document.getElementById("status");
    const chosen = document.getElementById("chosen");
    const rowsAt = rowsByPoint(columns);
    connect(map, bounds);
    const open = popups(map, 13);

    /* The other schools at the point of one, each to be opened. */
    function neighbours(others) {
      const list = element("ul", undefined, "same-point");
      for (const other of others) {
        const item = element("li");
        const button = element("button", cell(columns.name, other));
        button.type = "button";
        button.addEventListener("click", () => show(other));
        item.append(button);
        list.append(item);
      }
      return list;
    }

    function showBeside(box, from) {
      const close = element("button", words.close, "close");
      close.type = "button";
      const end = () => {
        chosen.hidden = true;
        from.focus();
      };
      close.addEventListener("click", end);
      chosen.onkeydown = (event) => {
        if (event.key === "Escape") end();
      };
      map.closePopup();
      chosen.replaceChildren(box, element("p", words.no_place), close);
      chosen.hidden = false;
      dialog(chosen, box).focus();
      chosen.scrollIntoView({ block: "nearest" });
    }

    function show(row, from) {
      const box = details(row);
      chosen.hidden = true;
      if (columns.lat[row] === null) {
        showBeside(box, from);
        return;
      }
      const others = rowsAt(row).filter((other) => other !== row);
      if (others.length) {
        const heading = element("p", filled(words.same_point, { count: others.length }), "same-point");
        box.querySelector("h2").after(heading, neighbours(others));
      }
      const mark = columns.mark[row];
      if (layer.isHidden(mark)) document.querySelector(`[data-mark="${mark}"]`).click();
      if (!map.hasLayer(layer)) map.addLayer(layer);
      open(L.latLng(columns.lat[row], columns.lon[row]), box, from);
    }

    onMark(map, layer, show);
    map.on("baselayerchange", (event) => {
      const shown = event.layer instanceof L.ImageOverlay; // otherwise "Hide coverage"
      document.getElementById("coverage-legend").hidden = !shown;
      if (shown) document.getElementById("coverage-title").textContent = event.name;
    });
    map.on("overlayadd overlayremove", (event) => {
      if (event.layer.options.pane !== "sites") return;
      document.getElementById("sites-legend").hidden = event.type === "overlayremove";
    });

    for (const box of document.querySelectorAll("[data-mark]")) {
      box.addEventListener("change", () => layer.setHidden(box.dataset.mark, !box.checked));
    }
    document.querySelector(".page").addEventListener("click", (event) => {
      const button = event.target.closest("button[data-row]");
      if (button) show(Number(button.dataset.row), button);
    });
    search(columns, words, status, show);
    table(columns);
  }

  /* --- the table of all schools ------------------------------------------------------------ */

  function table(columns) {
    const valuesOf = (column) => column.values || columns.fields[column.field].values;
    const values = Object.fromEntries(columns.table.map((column, n) => [
      n, column.order ? (row) => column.order[row] : (row) => cell(valuesOf(column), row),
    ]));

    function line(row) {
      const made = element("tr");
      columns.table.forEach((column, n) => {
        const text = cell(valuesOf(column), row);
        if (n !== 1) {
          made.append(unbroken(text, "td", column.number ? "number" : undefined));
          return;
        }
        const head = element("th");
        head.scope = "row";
        const button = cut(unbroken(text, "button"));
        button.type = "button";
        button.dataset.row = row;
        head.append(button);
        made.append(head);
      });
      return made;
    }

    const rows = [...columns.npsn.keys()];
    pagedTable({ values, by: "0", tie: (a, b) => a - b, line, length: PAGE })(rows);
  }

  /* --- search ----------------------------------------------------------------------------- */

  function search(columns, words, status, show) {
    const input = document.getElementById("search");
    const list = document.getElementById("found");
    const keys = columns.npsn.map((npsn, row) => folded(` ${npsn} ${cell(columns.name, row)}`));
    let rows = [];
    let active = -1;

    function find() {
      const parts = folded(input.value).split(/\s+/).filter(Boolean);
      // Beginnings of words, in the order of rank; parts of words only if no word begins so.
      const matching = (test) => [...keys.keys()].filter((row) => parts.every((part) => test(keys[row], part)));
      let found = parts.length ? matching((key, part) => key.includes(` ${part}`)) : [];
      if (!found.length && parts.length) found = matching((key, part) => key.includes(part));
      rows = found.slice(0, MOST_FOUND);
      active = -1;
      list.replaceChildren(...rows.map(option));
      open(rows.length > 0);
      status.textContent = parts.length
        ? filled(words.found_count, { count: found.length })
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

  return { schools, sites, start };
})());
