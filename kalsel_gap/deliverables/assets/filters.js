/* Schemes, their legends, and filters: which schools the map, the list and the table show. */
"use strict";

Object.assign(kalselGap, (() => {
  const { read, unpacked, filled, say } = kalselGap;

  /* Each row's class as a number, and the classes by that number. */
  function codesOf(column, length) {
    if (column.words) {
      const { words, rows } = unpacked(column);
      return { words, rows };
    }
    const words = [...new Set(column)];
    const place = new Map(words.map((word, n) => [word, n]));
    return { words, rows: Uint32Array.from({ length }, (_, row) => place.get(column[row])) };
  }

  /* What is chosen, and what follows from it. `shown` is called after each change. */
  function choices(layer, shown) {
    const { words, schools: columns, schemes, facets } = read();
    const length = columns.lat.length;
    const codes = {};
    const of = (key) => {
      codes[key] = codes[key] || codesOf(columns.codes[key], length);
      return codes[key];
    };
    const ranks = columns.table[0].order;
    const state = {
      scheme: schemes[0].key,
      hidden: Object.fromEntries(schemes.map(({ key }) => [key, new Set()])),
      filters: Object.fromEntries(facets.map(({ key }) => [key, new Set()])),
      rank: null, // of other weights, on trial
      trialBy: "", // the order that these are tried for
      rows: [...columns.lat.keys()], // what is shown, in the order of the list
      codeOf: (key, row) => of(key).words[of(key).rows[row]],
      rankOf: (row) => (state.rank ? state.rank[row] || null : ranks[row]),
      isFiltered: () => state.rows.length < length,
    };
    const status = document.getElementById("shown");
    const [reset, listed, only] = ["reset", "listed", "only"].map((id) => document.getElementById(id));
    const legends = [...document.querySelectorAll("fieldset[data-scheme]")];
    const boxes = [...document.querySelectorAll("input[data-facet]")];
    const marks = Object.fromEntries(schemes.map(({ key, marks: each }) => [key, each]));

    /* For each code whether rows of it pass. */
    const passing = (key, test) => of(key).words.map(test);

    function tests() {
      const found = facets.filter(({ key }) => state.filters[key].size).map(({ key }) =>
        ({ key, pass: passing(key, (word) => state.filters[key].has(word)), rows: of(key).rows }));
      const hidden = state.hidden[state.scheme];
      const { rows } = of(state.scheme);
      const legend = { pass: passing(state.scheme, (word) => !hidden.has(word)), rows };
      return { found, legend };
    }

    /* How many schools each choice would leave, given all the others. */
    function count({ found, legend }) {
      const numbers = new Intl.NumberFormat(document.documentElement.lang);
      const write = (box, number) => {
        box.closest("label").querySelector(".count").textContent = number;
      };
      const counted = (key, others) => {
        const { words: values, rows } = of(key);
        const counts = new Uint32Array(values.length);
        for (let row = 0; row < length; row += 1) {
          if (others.every(({ pass, rows: codesOfRow }) => pass[codesOfRow[row]])) counts[rows[row]] += 1;
        }
        return (value) => counts[values.indexOf(value)] || 0;
      };
      for (const { key, values } of facets) {
        const mine = boxes.filter((box) => box.dataset.facet === key);
        const countOf = counted(key, [...found.filter((each) => each.key !== key), legend]);
        for (const box of mine) write(box, numbers.format(countOf(values[box.value])));
        const chosen = mine[0]?.closest("details").querySelector(".chosen-values");
        const labels = mine.filter((box) => box.checked)
          .map((box) => box.nextElementSibling.textContent);
        if (chosen) chosen.textContent = labels.length ? `(${labels.join(", ")})` : "";
      }
      const fieldset = legends.find((each) => each.dataset.scheme === state.scheme);
      const countOf = counted(state.scheme, found);
      for (const box of fieldset.querySelectorAll("[data-mark]")) {
        write(box, numbers.format(countOf(box.dataset.mark)));
      }
      if (state.scheme === "tier") withInferred(fieldset, found, write, numbers);
    }

    /* Of each tier how many are inferred, behind a tilde. */
    function withInferred(fieldset, found, write, numbers) {
      const { words: values, rows } = of("tier");
      const { words: answers, rows: isInferred } = of("inferred");
      const yes = answers.indexOf("y");
      const counts = values.map(() => [0, 0]);
      for (let row = 0; row < length; row += 1) {
        if (!found.every(({ pass, rows: codesOfRow }) => pass[codesOfRow[row]])) continue;
        counts[rows[row]][0] += 1;
        counts[rows[row]][1] += isInferred[row] === yes;
      }
      for (const box of fieldset.querySelectorAll("[data-mark]")) {
        const [all, some] = counts[values.indexOf(box.dataset.mark)] || [0, 0];
        write(box, some ? `${numbers.format(all)} (~${numbers.format(some)})` : numbers.format(all));
      }
    }

    function order(rows) {
      if (!state.rank) return rows;
      return rows.sort((a, b) => (state.rank[a] || Infinity) - (state.rank[b] || Infinity) || a - b);
    }

    function apply() {
      const chosen = tests();
      const all = [...chosen.found, chosen.legend];
      const kept = new Uint8Array(length);
      const rows = [];
      for (let row = 0; row < length; row += 1) {
        if (!all.every(({ pass, rows: codesOfRow }) => pass[codesOfRow[row]])) continue;
        kept[row] = 1;
        rows.push(row);
      }
      state.kept = kept;
      state.rows = order(rows);
      layer.setKept(kept);
      count(chosen);
      const isChosen = chosen.found.length > 0
        || Object.values(state.hidden).some((hidden) => hidden.size);
      reset.disabled = !isChosen;
      const counts = { shown: rows.length, count: length };
      say(status, filled(state.isFiltered() ? words.shown_some : words.shown_all, counts));
      say(listed, filled(state.isFiltered() ? words.listed_some : words.listed_all, counts));
      say(only, onlyOf(chosen));
      shown(state);
    }

    /* What is chosen in words, also for a sheet of paper. */
    function onlyOf({ found }) {
      const parts = found.map(({ key }) => {
        const mine = boxes.filter((box) => box.dataset.facet === key && box.checked);
        return `${mine[0].closest("details").querySelector("legend").textContent}: ${mine.map(labelOf).join(", ")}`;
      });
      const fieldset = legends.find((each) => each.dataset.scheme === state.scheme);
      const without = [...fieldset.querySelectorAll("[data-mark]:not(:checked)")].map(labelOf);
      if (without.length) parts.push(filled(words.without, { classes: without.join(", ") }));
      return parts.length ? `${parts.join("; ")}. ${words.whole_counts}` : "";
    }

    function setScheme(key) {
      if (!Object.hasOwn(marks, key) || key === state.scheme) return; // a link may say anything
      state.scheme = key;
      document.querySelector(`input[name="scheme"][value="${key}"]`).checked = true;
      for (const each of legends) each.hidden = each.dataset.scheme !== key;
      const { words: values, rows } = of(key);
      layer.setMarks(marks[key], columns.lat.map((_, row) => values[rows[row]]));
      apply();
    }

    /* Shows a school that the legend hides or a filter leaves out. */
    function reveal(row) {
      if (!state.kept || state.kept[row]) return;
      clear();
      say(status, `${words.revealed} ${status.textContent}`);
    }

    function clear() {
      for (const set of [...Object.values(state.hidden), ...Object.values(state.filters)]) set.clear();
      for (const box of boxes) box.checked = false;
      for (const box of document.querySelectorAll("[data-mark]")) box.checked = true;
      apply();
    }

    /* Values by filter and hidden classes by scheme, all at once, as sets. */
    function choose(filters, hidden) {
      Object.assign(state.filters, filters);
      for (const [key, classes] of Object.entries(hidden)) {
        state.hidden[key].clear();
        classes.forEach((mark) => state.hidden[key].add(mark));
      }
      for (const box of boxes) {
        const { key, values } = facets.find((facet) => facet.key === box.dataset.facet);
        box.checked = state.filters[key].has(values[box.value]);
      }
      for (const fieldset of legends) {
        const of = state.hidden[fieldset.dataset.scheme];
        for (const box of fieldset.querySelectorAll("[data-mark]")) box.checked = !of.has(box.dataset.mark);
      }
      apply();
    }

    for (const radio of document.querySelectorAll('input[name="scheme"]')) {
      radio.addEventListener("change", () => setScheme(radio.value));
    }
    for (const fieldset of legends) {
      const hidden = state.hidden[fieldset.dataset.scheme];
      for (const box of fieldset.querySelectorAll("[data-mark]")) {
        box.addEventListener("change", () => {
          if (box.checked) hidden.delete(box.dataset.mark);
          else hidden.add(box.dataset.mark);
          apply();
        });
      }
    }
    for (const box of boxes) {
      const { values } = facets.find(({ key }) => key === box.dataset.facet);
      box.addEventListener("change", () => {
        const chosen = state.filters[box.dataset.facet];
        if (box.checked) chosen.add(values[box.value]);
        else chosen.delete(values[box.value]);
        apply();
      });
    }
    reset.addEventListener("click", () => {
      clear();
      status.scrollIntoView({ block: "nearest" });
      document.querySelector('input[name="scheme"]:checked').focus();
    });

    /* Ranks of other weights by an order, or null for those of the run; no order without a trial. */
    function setRank(rank, by) {
      // Weights that give no order leave the ranks of the run in place.
      Object.assign(state, { rank, trialBy: rank ? by : "" });
      const notice = document.getElementById("trial");
      notice.hidden = !by;
      say(notice, by ? words[`trial_${by}`] : "");
      apply();
    }

    return { state, apply, choose, setScheme, setRank, reveal };
  }

  /* What stands beside a box of the legend or a filter. */
  function labelOf(box) {
    return box.closest("label").querySelector("span:not(.count)").textContent;
  }

  /* Texts of a column of the table or of the pop-ups, wherever they are written. */
  function valuesOf(column) {
    const { schools: columns } = read();
    if (column.of) return columns[column.of];
    return column.field === undefined ? column.values : valuesOf(columns.fields[column.field]);
  }

  return { choices, labelOf, valuesOf };
})());
