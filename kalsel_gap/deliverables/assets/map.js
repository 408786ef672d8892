/* The map of a run. Texts of the inputs reach the page through textContent only. */
"use strict";

Object.assign(kalselGap, (() => {
  const {
    read, cell, element, connect, dialog, onMark, folded, filled, pagedTable, unbroken, cut, vector,
    valuesOf, labelOf, choices, firstList, badges, layerChoices, measuring, fullscreen, permalink,
  } = kalselGap;
  const MOST_FOUND = 8;
  const PAGE = 100; // rows of the table at a time
  const FAR = 0.85; // how much nearer than the whole area summaries give way to the schools

  const WIDE = 70; // characters from which a value stands below its label

  /* --- a school in words ------------------------------------------------------------------ */

  function details(row, { trialBy, rankOf }) {
    const { words, schools: columns } = read();
    const box = element("div", undefined, "school");
    box.append(element("h2", cell(columns.name, row)));
    const list = element("dl");
    if (trialBy) {
      const numbers = new Intl.NumberFormat(document.documentElement.lang);
      const rank = rankOf(row);
      list.append(element("dt", words.rank_trial), element("dd", rank === null ? "–" : numbers.format(rank)));
    }
    for (const field of columns.fields) {
      const value = cell(valuesOf(field), row);
      if (!value) continue;
      const pair = [element("dt", field.label), unbroken(value, "dd")];
      if (field.symbol) pair[1].prepend(symbol(field.symbol, row));
      if (value.length > WIDE) pair.forEach((each) => each.classList.add("wide"));
      list.append(...pair);
    }
    box.append(list);
    return box;
  }

  /* The symbol of the evidence that something is known from. */
  function symbol(name, row) {
    const { schools: columns, evidence } = read();
    const kinds = name === "service" ? columns.service : columns.codes.evidence;
    const kind = kinds ? cell(kinds, row) : "unknown";
    const { path: d, fill, stroke, line } = evidence[kind];
    const drawn = vector("svg", { class: "mark", viewBox: "-2 -2 4 4", "aria-hidden": "true" });
    drawn.append(vector("path", { d, fill, stroke, "stroke-width": line }));
    return drawn;
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

  function start(map, layer, bounds, layers) {
    const { words, schools: columns } = read();
    const status = document.getElementById("status");
    const chosen = document.getElementById("chosen");
    const rowsAt = rowsByPoint(columns);
    let shownRow; // of the open pop-up
    let far = 0;
    let write = () => {};
    connect(map, bounds);
    far = map.getZoom() + FAR;
    layer.setFar(far);
    const measure = measuring(map);
    const isSchoolAt = (point) => layer.nearest(point) !== undefined;
    const open = layerChoices(map, layers, (point) => measure.isOn() || isSchoolAt(point));
    const recount = badges(map, () => far);
    fullscreen(map);
    const list = table(columns);
    const choice = choices(layer, (now) => {
      list(now);
      firstList(now, now.rows);
      recount(now);
      for (const [name, { rows }] of Object.entries(read().rings)) {
        layers[name].setKept(rows.map((row) => now.kept[row]));
      }
      write();
    });

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

    function showBeside(box, from, row) {
      const close = element("button", words.close, "close");
      close.type = "button";
      const end = () => {
        chosen.hidden = true;
        from.focus();
        shownRow = undefined;
        write();
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
      shownRow = row;
      write();
    }

    /* Of a link, a school leaves view and filters as the link has them. */
    function show(row, from, isLinked = false) {
      const box = details(row, choice.state);
      chosen.hidden = true;
      if (columns.lat[row] === null) {
        showBeside(box, from, row);
        return;
      }
      const others = rowsAt(row).filter((other) => other !== row);
      if (others.length) {
        const heading = element("p", filled(words.same_point, { count: others.length }), "same-point");
        box.querySelector("h2").after(heading, neighbours(others));
      }
      if (!isLinked) choice.reveal(row);
      const at = L.latLng(columns.lat[row], columns.lon[row]);
      box.append(measure.button(at, cell(columns.name, row)));
      open(at, box, from, isLinked);
      shownRow = row;
      write();
    }

    onMark(map, layer, (row) => {
      const at = L.latLng(columns.lat[row], columns.lon[row]);
      if (!measure.click(at, cell(columns.name, row))) show(row);
    });
    map.on("click", (event) => {
      if (!isSchoolAt(event.containerPoint)) measure.click(event.latlng);
    });
    map.on("popupclose", () => {
      shownRow = undefined;
      write();
    });
    document.getElementById("whole").addEventListener("click", () => {
      map.fitBounds(bounds, { padding: [12, 12], animate: false });
    });
    for (const part of [document.querySelector(".page"), document.getElementById("first")]) {
      part.addEventListener("click", (event) => {
        const button = event.target.closest("button[data-row]");
        if (button) show(Number(button.dataset.row), button);
      });
    }
    inOrder();
    search(columns, words, status, show);
    const close = () => {
      map.closePopup();
      chosen.hidden = true;
      shownRow = undefined;
    };
    write = permalink(map, {
      choice, weights: weights(choice.setRank), school: () => shownRow, close,
      open: (row) => show(row, map.getContainer(), true),
    });
  }

  /* On a narrow window the list is shown below the map: there the focus comes to it then. */
  function inOrder() {
    const list = document.getElementById("first");
    const [panel, place] = [list.parentElement, document.getElementById("map")];
    const narrow = window.matchMedia("screen and (max-width: 48rem)");
    const move = () => (narrow.matches ? place.after(list) : panel.append(list));
    narrow.addEventListener("change", move);
    move();
  }

  /* The panel of weights, where the page has one. */
  function weights(setRank) {
    const { weights: figures } = read();
    if (!figures.groups) return undefined; // the page says why there are none
    return kalselGap.weights(figures, ({ trial, by, rank }) => setRank(rank, trial ? by : ""));
  }

  /* --- the table of all schools ------------------------------------------------------------ */

  function table(columns) {
    let now = { rankOf: (row) => columns.table[0].order[row] };
    const numbers = new Intl.NumberFormat(document.documentElement.lang);
    const values = Object.fromEntries(columns.table.map((column, n) => [
      n, column.order ? (row) => column.order[row] : (row) => cell(valuesOf(column), row),
    ]));
    values[0] = (row) => now.rankOf(row);

    const VIEW = 6; // the column of the tier, which shows another view of the schools while it is chosen
    const heads = document.querySelectorAll("#table [data-sort]");
    const [rankHead, viewHead] = [heads[0].textContent, heads[VIEW].textContent];
    const tierValues = values[VIEW];

    function follow() {
      heads[0].textContent = now.trialBy ? read().words.rank_trial : rankHead;
      const fieldset = now.scheme && now.scheme !== "tier" && document.querySelector(`fieldset[data-scheme="${now.scheme}"]`);
      heads[VIEW].textContent = fieldset ? fieldset.querySelector("legend").textContent : viewHead;
      if (!fieldset) {
        values[VIEW] = tierValues;
        delete now.classOf;
        return;
      }
      const boxes = [...fieldset.querySelectorAll("[data-mark]")];
      const place = new Map(boxes.map((box, n) => [box.dataset.mark, n]));
      const labels = new Map(boxes.map((box) => [box.dataset.mark, labelOf(box)]));
      values[VIEW] = (row) => place.get(now.codeOf(now.scheme, row));
      now.classOf = (row) => labels.get(now.codeOf(now.scheme, row)) || "";
    }

    function text(column, n, row) {
      if (n === VIEW && now.classOf) return now.classOf(row);
      if (n) return cell(valuesOf(column), row);
      const rank = now.rankOf(row);
      return rank === null ? "" : numbers.format(rank);
    }

    function line(row) {
      const made = element("tr");
      columns.table.forEach((column, n) => {
        const said = text(column, n, row);
        if (n !== 1) {
          made.append(unbroken(said, "td", column.number ? "number" : undefined));
          return;
        }
        const head = element("th");
        head.scope = "row";
        const button = cut(unbroken(said, "button"));
        button.type = "button";
        button.dataset.row = row;
        head.append(button);
        made.append(head);
      });
      return made;
    }

    const rows = [...columns.npsn.keys()];
    const show = pagedTable({ values, by: "0", tie: (a, b) => a - b, line, length: PAGE });
    show(rows);
    return (state) => {
      now = state;
      follow();
      show([...state.rows]);
    };
  }

  /* --- search ----------------------------------------------------------------------------- */

  function search(columns, words, status, show) {
    const input = document.getElementById("search");
    const list = document.getElementById("found");
    let keys; // made when somebody searches: of many schools it takes a while
    let rows = [];
    let active = -1;

    function find() {
      keys = keys || columns.npsn.map((npsn, row) => folded(` ${npsn} ${cell(columns.name, row)}`));
      const parts = folded(input.value).split(/\s+/).filter(Boolean);
      // Beginnings of words, in the order of rank; parts of words only if no word begins so.
      const matching = (test) => [...keys.keys()].filter((row) => parts.every((part) => test(keys[row], part)));
      let found = parts.length ? matching((key, part) => key.includes(` ${part}`)) : [];
      if (!found.length && parts.length) found = matching((key, part) => key.includes(part));
      rows = found.slice(0, MOST_FOUND);
      active = -1;
      list.replaceChildren(...rows.map(option));
      open(rows.length > 0);
      const sentence = found.length > MOST_FOUND ? words.found_more : words.found_count;
      status.textContent = parts.length ? filled(sentence, { count: found.length, shown: MOST_FOUND }) : "";
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

  return { start };
})());
