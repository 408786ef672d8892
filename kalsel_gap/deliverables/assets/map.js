/* The map of a run. Texts of the inputs reach the page through textContent only. */
"use strict";

Object.assign(kalselGap, (() => {
  const { read, cell, element, Points, label, popups, onMark, folded } = kalselGap;
  const MOST_FOUND = 8;

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
    const open = popups(map, 13);

    function show(row, from) {
      const box = details(row);
      chosen.hidden = true;
      if (columns.lat[row] === null) {
        map.closePopup();
        chosen.replaceChildren(box, element("p", words.no_place));
        chosen.hidden = false;
        box.focus();
        return;
      }
      const mark = columns.mark[row];
      if (layer.isHidden(mark)) document.querySelector(`[data-mark="${mark}"]`).click();
      if (!map.hasLayer(layer)) map.addLayer(layer);
      open(L.latLng(columns.lat[row], columns.lon[row]), box, from);
    }

    onMark(map, layer, show);
    label(map);
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
    for (const button of document.querySelectorAll("button[data-row]")) {
      button.addEventListener("click", () => show(Number(button.dataset.row), button));
    }
    search(columns, words, status, show);
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

  return { schools, sites, start };
})());
