/* Weights on trial: the schools are ranked again by the formulas of the command line. */
"use strict";

Object.assign(kalselGap, (() => {
  const { element, filled } = kalselGap;
  const UNITS = 1e12; // beyond so many decimals two scores are one
  const WAIT = 250; // milliseconds after which a slider stands still

  /* --- figures ---------------------------------------------------------------------------- */

  const buffer = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;

  function unpacked({ values, rows, size }) {
    const numbers = new Float64Array(buffer(values));
    if (rows === undefined) return numbers;
    const places = size === 1 ? new Uint8Array(buffer(rows)) : new Uint16Array(buffer(rows));
    return Float64Array.from(places, (place) => numbers[place]);
  }

  const clipped = (value) => Math.min(Math.max(value, 0), 1);

  function power(value, p) {
    if (p === 2) return value * value;
    return p === 0.5 ? Math.sqrt(value) : value ** p;
  }

  /* (Σ w sᵖ / Σ w)^(1/p) over the scores that are known. */
  function powerMean(parts, p) {
    return parts[0].scores.map((_, row) => {
      let total = 0;
      let sum = 0;
      for (const { scores, weight } of parts) {
        if (Number.isNaN(scores[row])) continue;
        total += weight * power(scores[row], p);
        sum += weight;
      }
      return clipped(power(total / sum, 1 / p));
    });
  }

  /* As whole numbers of the last decimal, halves to the even one; what is unknown comes last. */
  function rounded(values) {
    return values.map((value) => {
      if (Number.isNaN(value)) return -1;
      const below = Math.floor(value * UNITS);
      const rest = value * UNITS - below;
      return below + Number(rest > 0.5 || (rest === 0.5 && below % 2 === 1));
    });
  }

  /* Ranks 1, 2, 2, 4, … by one score, ties by the other; 0 without a deficit. */
  function ranked(deficit, by, other) {
    const [first, second] = [rounded(by), rounded(other)];
    const order = [...deficit.keys()].filter((row) => !Number.isNaN(deficit[row]));
    order.sort((a, b) => first[b] - first[a] || second[b] - second[a]);
    const rank = new Int32Array(deficit.length);
    order.forEach((row, place) => {
      const before = order[place - 1];
      const ties = place && first[before] === first[row] && second[before] === second[row];
      rank[row] = ties ? rank[before] : place + 1;
    });
    return { rank, order };
  }

  /* Those who share the rank of place k are all among the first k. */
  function firstOf({ rank, order }, k) {
    const last = rank[order[Math.min(k, order.length) - 1]];
    return new Set(order.filter((row) => rank[row] <= last));
  }

  /* A function that scores and ranks the schools for values of the sliders. */
  function scorer(data) {
    const [lack, outOfReach] = [data.lack, data.outOfReach].map(unpacked);
    const leaves = data.scores.map(unpacked);
    const below = (code) => data.nodes.filter(({ parent }) => parent === code);
    const lambda = data.sliders.findIndex(({ key }) => key === "index.lambda");

    return (values) => {
      const weightOf = ({ slider, weight }) => (slider === null ? weight : values[slider]);

      /* Why the command line would refuse these weights. */
      function fault() {
        const [need, barrier] = ["need", "barrier"].map((root) => weightOf(data.nodes.find(({ code }) => code === root)));
        if (data.base + need + barrier <= 0) return { sentence: "all_zero" };
        const empty = data.nodes.find(({ code, p }) => p !== null && !below(code).some(weightOf));
        return empty && { sentence: "branch", node: empty.label };
      }

      function valueOf({ code, p, scores }) {
        if (scores !== null) return leaves[scores];
        const parts = below(code).filter(weightOf)
          .map((node) => ({ scores: valueOf(node), weight: weightOf(node) }))
          .filter((part) => part.scores);
        return parts.length ? powerMean(parts, p) : undefined;
      }

      const lam = values[lambda];
      const deficit = lack.map((each, row) => each * Math.min(lam + (1 - lam) * outOfReach[row], 1));
      // A tree of which nothing is known is left out, and its weight shared out.
      const trees = ["barrier", "need"].map((root) => data.nodes.find(({ code }) => code === root))
        .map((node) => ({ scores: valueOf(node), weight: weightOf(node) }))
        .filter(({ scores }) => scores && scores.some((score) => !Number.isNaN(score)));
      const total = trees.reduce((sum, { weight }) => sum + weight, data.base) || 1;
      const priority = deficit.map((each, row) => clipped(trees.reduce(
        (sum, { scores, weight }) => sum + (weight / total) * each * scores[row],
        (data.base / total) * each,
      )));
      return {
        fault: fault(), deficit, priority,
        by: { deficit: ranked(deficit, deficit, priority), priority: ranked(deficit, priority, deficit) },
      };
    };
  }

  /* --- the panel -------------------------------------------------------------------------- */

  function weights(data, onChange) {
    const section = document.getElementById("weights");
    if (!data || !data.sliders) return undefined;
    const { words, sliders, k } = data;
    const score = scorer(data);
    const inForce = sliders.map(({ value }) => value);
    const before = score(inForce).by;
    const values = [...inForce];
    const numbers = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 4 });
    const shown = (value) => numbers.format(value);
    const isMoved = (place) => values[place] !== inForce[place];
    const rows = [];
    let last; // order of the slider that was moved last
    let timer;

    function slider(place) {
      const { label, meaning, value, ordinary, most, step, order } = sliders[place];
      const row = element("div", undefined, "weight");
      const id = `weight-${place}`;
      const name = element("label", label);
      name.htmlFor = id;
      const now = element("span", undefined, "now");
      now.setAttribute("aria-hidden", "true"); // the slider says it
      const input = element("input");
      Object.assign(input, { id, type: "range", min: 0, max: most, step });
      const sentence = ordinary === null ? words.in_force : ordinary === value ? words.both : words.apart;
      const about = [element("p", meaning), element("p", filled(sentence, { value: shown(value), ordinary: shown(ordinary) }))];
      about.forEach((each, n) => { each.id = `${id}-${n}`; });
      input.setAttribute("aria-describedby", about.map((each) => each.id).join(" "));
      row.append(name, now, input, ...about);
      input.addEventListener("input", () => {
        values[place] = input.valueAsNumber;
        last = order;
        tell();
        clearTimeout(timer);
        timer = setTimeout(show, WAIT);
      });
      function tell() {
        now.textContent = shown(values[place]);
        row.classList.toggle("moved", isMoved(place));
        input.setAttribute("aria-valuetext", filled(words.spoken, { now: shown(values[place]), value: shown(value) }));
      }
      rows[place] = () => {
        input.value = values[place];
        tell();
      };
      rows[place]();
      return row;
    }

    function group({ title, note, sliders: places, inner }) {
      const box = element(inner ? "details" : "fieldset");
      box.append(element(inner ? "summary" : "legend", title));
      if (note) box.append(element("p", note, "note"));
      box.append(...places.map(slider));
      return box;
    }

    function button(text, act) {
      const made = element("button", text);
      made.type = "button";
      made.addEventListener("click", act);
      return made;
    }

    const status = element("p", undefined, "said");
    status.setAttribute("role", "status");
    const command = element("textarea");
    Object.assign(command, { readOnly: true, rows: 2, spellcheck: false });
    const label = element("label", words.command, "command");
    label.append(command);
    const copied = element("span");
    copied.setAttribute("role", "status");

    /* How many of the first k others would take the place of, by an order. */
    function sentences(by, after) {
      const [was, is] = [before[by], after[by]].map((each) => firstOf(each, k));
      const count = [...is].filter((row) => !was.has(row)).length;
      const said = [filled(words[by], { count, k })];
      if (is.size > k) said.push(filled(words.shared, { k, size: is.size }));
      return said;
    }

    function options() {
      const moved = sliders.map(({ key }) => key).filter((_, place) => isMoved(place));
      const typed = (value) => (Number.isInteger(value) ? value.toFixed(1) : String(value));
      return [
        ...data.overrides.filter(({ key }) => !moved.includes(key)).map(({ option }) => option),
        ...sliders.flatMap(({ key }, place) => (isMoved(place) ? [`--set ${key}=${typed(values[place])}`] : [])),
      ];
    }

    function show() {
      const orders = ["deficit", "priority"].filter((by) => sliders.some(({ order }, place) => order === by && isMoved(place)));
      copied.textContent = "";
      if (!orders.length) {
        status.textContent = words.back;
        command.value = "";
        onChange({ trial: false, by: "deficit", rank: null });
        return;
      }
      const after = score(values);
      const by = orders.includes(last) ? last : orders[0];
      const said = after.fault
        ? [filled(words[after.fault.sentence], after.fault)]
        : orders.flatMap((each) => sentences(each, after.by));
      status.replaceChildren(element("strong", words.trial), ...said.flatMap((each) => [" ", element("span", each)]));
      command.value = after.fault ? "" : options().join(" ");
      onChange({ trial: true, by, rank: after.fault ? null : after.by[by].rank });
    }

    function reset() {
      clearTimeout(timer);
      inForce.forEach((value, place) => { values[place] = value; });
      rows.forEach((tell) => tell());
      show();
    }

    /* Places and values of the sliders that are moved, the last of them at the end. */
    function moved() {
      const pairs = [...values.entries()].filter(([place]) => isMoved(place));
      const isLast = ([place]) => Number(sliders[place].order === last);
      return pairs.sort((a, b) => isLast(a) - isLast(b));
    }

    /* The same from a link; a slider takes only what it could be moved to. */
    function move(pairs) {
      clearTimeout(timer);
      inForce.forEach((value, place) => { values[place] = value; });
      for (const [place, value] of pairs) {
        if (!Object.hasOwn(sliders, place)) continue;
        const input = document.getElementById(`weight-${place}`);
        input.value = value;
        values[place] = input.valueAsNumber;
        last = sliders[place].order;
      }
      rows.forEach((tell) => tell());
      show();
    }

    /* Needs neither a network nor a permission, unlike the clipboard of the browser. */
    function copy(event) {
      command.focus();
      command.select();
      const done = command.value !== "" && document.execCommand("copy");
      if (done) event.currentTarget.focus();
      copied.textContent = command.value === "" ? words.back : done ? words.copied : words.not_copied;
    }

    const end = element("div", undefined, "end");
    end.append(button(words.reset, reset), button(words.copy, copy), copied, label);
    section.append(...data.groups.map(group), ...data.notes.map((note) => element("p", note, "note")), status, end);
    section.hidden = false;
    return { moved, move };
  }

  return { weights: Object.assign(weights, { scorer, ranked, firstOf }) };
})());
