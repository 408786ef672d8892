/* Layers besides the schools, and the fieldsets that show and hide them. */
"use strict";

Object.assign(kalselGap, (() => {
  const { read, Points, element, pane, popups } = kalselGap;

  function sites() {
    const { sites: points, siteMark } = read();
    const mark = points.lat.map(() => "site");
    return new Points({ ...points, mark, marks: { site: siteMark } }, { pane: "sites", level: 440 });
  }

  /* Shared infrastructure that a plan opens. */
  function openings() {
    const { openings: points, openingMark } = read();
    const mark = points.lat.map(() => "opened");
    return new Points({ ...points, mark, marks: { opened: openingMark } }, { pane: "openings", level: 442 });
  }

  /* A ring around each school that something was found about. */
  function rings(name) {
    const { schools: columns, rings: all } = read();
    const { rows, mark } = all[name];
    const of = (column) => rows.map((row) => column[row]);
    const points = { lat: of(columns.lat), lon: of(columns.lon), mark: rows.map(() => name) };
    return new Points({ ...points, marks: { [name]: mark } }, { pane: name, level: 445, least: 0.6 });
  }

  /* Areas filled by their share of critical schools; a click says the numbers. */
  function shares(level) {
    const group = L.layerGroup();
    const renderer = L.svg({ padding: 0.2, pane: "shares" });
    group.beforeAdd = (map) => pane(map, "shares", 405);
    for (const area of read().shares[level]) {
      const style = {
        renderer, pane: "shares", weight: 0.6, color: "#5a5a5a",
        fillColor: `url(#share-${area.step})`, fillOpacity: 0.75,
      };
      const drawn = L.geoJSON(area.shape, { style });
      drawn.on("click", (event) => group.fire("area", { area, latlng: event.latlng }));
      group.addLayer(drawn);
    }
    return group;
  }

  /* Ties each choice to its layer. A legend is shown while its layer is. */
  function layerChoices(map, layers, isSchoolAt) {
    const legends = [...document.querySelectorAll("[data-legend]")];
    const show = (input, wanted) => {
      const layer = layers[input.value];
      if (!layer) return;
      if (wanted) map.addLayer(layer);
      else map.removeLayer(layer);
    };
    function update() {
      for (const legend of legends) {
        const name = legend.dataset.legend;
        const chosen = document.querySelector(
          `#layers input:checked[value="${name}"], #layers input:checked[name="layer-${name}"]:not([value=""])`);
        legend.hidden = !chosen;
        const title = legend.querySelector("#coverage-title");
        if (!chosen || !title) continue;
        const parts = [chosen.closest("fieldset").querySelector("legend"), chosen.closest("label")];
        title.textContent = parts.map((part) => part.textContent.trim()).join(": ");
      }
    }
    for (const input of document.querySelectorAll("#layers input")) {
      input.addEventListener("change", () => {
        const group = document.querySelectorAll(`#layers input[name="${input.name}"]`);
        for (const each of input.type === "radio" ? group : [input]) show(each, each.checked);
        update();
      });
    }
    const open = popups(map, 13);
    for (const layer of Object.values(layers)) {
      layer.on?.("area", ({ area, latlng }) => {
        if (isSchoolAt(map.latLngToContainerPoint(latlng))) return;
        const box = element("div", undefined, "school");
        box.append(element("h2", area.name), element("p", area.words));
        open(latlng, box);
      });
    }
    update();
    return open;
  }

  return { sites, openings, rings, shares, layerChoices };
})());
