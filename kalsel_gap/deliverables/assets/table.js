/* A table in pages. */
"use strict";

Object.assign(kalselGap, (() => {
  const { read, filled, say } = kalselGap;

  /* A table that its heads sort and that shows a page of its rows at a time. `values` gives, by the
     name of a head, the number or text of a row; rows without one come last in either order.
     Returns a function that shows some rows. */
  function pagedTable({ values, by, tie, line, length }) {
    const { words } = read();
    const body = document.getElementById("rows");
    const heads = [...document.querySelectorAll("[data-sort]")];
    const [previous, next] = ["previous", "next"].map((id) => document.getElementById(id));
    const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
    const isEmpty = (value) => value === null || value === undefined || value === "";
    let sort = { by, down: false };
    let order = [];
    let page = 0;

    function compare(a, b) {
      const [x, y] = [values[sort.by](a), values[sort.by](b)];
      if (isEmpty(x) || isEmpty(y)) return isEmpty(x) - isEmpty(y) || tie(a, b);
      const less = typeof x === "number" ? x - y : collator.compare(x, y);
      return (sort.down ? -less : less) || tie(a, b);
    }

    function arrange() {
      order.sort(compare);
      for (const button of heads) {
        const head = button.closest("th");
        if (button.dataset.sort !== sort.by) head.removeAttribute("aria-sort");
        else head.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      }
      turn(0);
    }

    function turn(to) {
      const pages = Math.max(1, Math.ceil(order.length / length));
      page = Math.min(Math.max(to, 0), pages - 1);
      body.replaceChildren(...order.slice(page * length, (page + 1) * length).map(line));
      document.getElementById("pages").hidden = pages === 1;
      previous.disabled = page === 0;
      next.disabled = page === pages - 1;
      say(document.getElementById("page"), filled(words.page, { page: page + 1, pages }));
    }

    function leaf(step, other) {
      turn(page + step);
      if (document.activeElement === document.body || document.activeElement.disabled) other.focus();
      document.getElementById("table").scrollTop = 0;
    }

    for (const button of heads) {
      button.addEventListener("click", () => {
        sort = { by: button.dataset.sort, down: sort.by === button.dataset.sort && !sort.down };
        arrange();
      });
    }
    previous.addEventListener("click", () => leaf(-1, next));
    next.addEventListener("click", () => leaf(1, previous));
    return (rows) => {
      order = rows;
      arrange();
    };
  }

  return { pagedTable };
})());
