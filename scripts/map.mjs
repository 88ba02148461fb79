// Prints the world map of the dashboard as SVG; called by scripts/map with its working folder.
import { readFileSync } from "node:fs";
import { geoContains, geoEqualEarth, geoGraticule, geoPath, geoCentroid, geoArea } from "d3-geo";
import { feature } from "topojson-client";

const WIDTH = 1000;
const NORTH = 84;
const SOUTH = -57.5; // Cape Horn; Antarctica takes no stance and would take a quarter of the picture
const DOT = 3; // radius; the page keeps dots at one size on the screen
const APART = 7; // between the centres of dots of states

// Parts of a country in Natural Earth that have an ISO code of their own: where their dots go, longitude and latitude.
const PARTS = {
  AQ: [0, SOUTH + 1.5], BQ: [-68.3, 12.2], BV: [3.4, -54.4], CC: [96.8, -12.2], CX: [105.6, -10.5], GF: [-53.1, 3.9],
  GP: [-61.5, 16.2], MQ: [-61, 14.6], RE: [55.5, -21.1], SJ: [16, 78.5], TK: [-171.8, -9.2], YT: [45.2, -12.8],
};
// Areas without a code of their own, under the name that their holders, or most atlases, give them.
const WITHOUT_CODE = { "N. Cyprus": "Northern Cyprus", Somaliland: "Somaliland" };
const CRIMEA = [34.2, 45.2]; // drawn by Natural Earth as a ring of its own with Russia, which holds it

const folder = process.argv[2];
const products = JSON.parse(readFileSync(`${folder}/countries.json`, "utf8"));
const atlas = (scale) => {
  const topology = JSON.parse(readFileSync(`${folder}/node_modules/world-atlas/countries-${scale}.json`, "utf8"));
  return feature(topology, topology.objects.countries).features;
};
const coarse = atlas("110m");
const fine = atlas("10m");

// Eleven degrees east in the middle, so that the edge of the map runs through the Bering Strait, not through Russia.
const projection = geoEqualEarth().rotate([-11, 0]).scale(1).translate([0, 0]);
const left = projection([-168.999, 0])[0];
const scale = WIDTH / (-2 * left);
const top = projection([11, NORTH])[1] * scale;
const height = Math.round(projection([11, SOUTH])[1] * scale - top);
projection.scale(scale).translate([WIDTH / 2, -top]).clipExtent([[0, 0], [WIDTH, height]]);
const path = geoPath(projection).digits(1);
const round = (value) => Math.round(value * 10) / 10;

/** The largest part of a country: where its name would stand. */
function mainland(shape) {
  const parts = shape.geometry.type === "Polygon" ? [shape.geometry.coordinates] : shape.geometry.coordinates;
  const polygons = parts.map((coordinates) => ({ type: "Polygon", coordinates }));
  return polygons.reduce((one, other) => (geoArea(other) > geoArea(one) ? other : one));
}

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/"/g, "&quot;");
const russia = coarse.find((shape) => shape.id === "643");
const isCrimea = (coordinates) => geoContains({ type: "Polygon", coordinates }, CRIMEA);
const crimea = russia.geometry.coordinates.filter(isCrimea);
if (crimea.length !== 1 || geoArea({ type: "Polygon", coordinates: crimea[0] }) > 0.001) {
  throw new Error("Crimea is no ring of its own in this edition of Natural Earth: look at the map anew");
}
russia.geometry.coordinates = russia.geometry.coordinates.filter((coordinates) => !isCrimea(coordinates));

const outlines = [];
const dots = [];
for (const { code, numeric, sovereign } of products) {
  const shape = coarse.find((one) => (code === "XK" ? one.properties.name === "Kosovo" : one.id === numeric));
  if (code === "EU") continue;
  if (shape && code !== "AQ") {
    const [x, y] = path.centroid(mainland(shape));
    outlines.push(`<path data-code="${code}" data-x="${round(x)}" data-y="${round(y)}" d="${path(shape)}"/>`);
    continue;
  }
  const detailed = fine.find((one) => one.id === numeric);
  if (!detailed && !PARTS[code]) throw new Error(`nothing tells where ${code} lies`);
  const [x, y] = projection(PARTS[code] ?? geoCentroid(mainland(detailed)));
  dots.push({ code, sovereign, x, y, home: [x, y] });
}

// Islands of an archipelago share a few pixels: push the dots of states apart, and pull them home.
const states = dots.filter((dot) => dot.sovereign);
for (let step = 0; step < 400; step += 1) {
  for (const one of states) {
    one.x += (one.home[0] - one.x) * 0.02;
    one.y += (one.home[1] - one.y) * 0.02;
    for (const other of states) {
      const distance = Math.hypot(one.x - other.x, one.y - other.y) || 0.01;
      if (one === other || distance >= APART) continue;
      const push = (APART - distance) / 2 / distance;
      const [dx, dy] = [(one.x - other.x) * push, (one.y - other.y) * push];
      one.x += dx, one.y += dy, other.x -= dx, other.y -= dy;
    }
  }
}

const areas = coarse
  .filter((shape) => WITHOUT_CODE[shape.properties.name])
  .map((shape) => [WITHOUT_CODE[shape.properties.name], path(shape)]);
areas.push(["Crimea", path({ type: "Polygon", coordinates: crimea[0] })]);
const unplaced = coarse.filter((shape) => !shape.id && shape.properties.name !== "Kosovo");
if (unplaced.length !== Object.keys(WITHOUT_CODE).length) throw new Error("an area without a code has no name here");

const circle = ({ code, sovereign, x, y }) =>
  `<circle ${sovereign ? "" : 'class="territory" '}data-code="${code}" cx="${round(x)}" cy="${round(y)}" r="${DOT}"/>`;
const euAt = { x: 26, y: height - 24 };

console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}">
<!-- Made by scripts/map: change that, not this. Outlines: Natural Earth 1:110m, public domain; Equal Earth projection.
  They show who holds an area, not who claims it. Areas without a code of ISO 3166-1 take no colour. Circles stand for
  what has a code and is too small for the scale; those of class territory are no states of their own. -->
<path class="graticule" d="${path(geoGraticule().step([30, 30]).extentMajor([[-180, -90], [180, 90]])())}"/>
<g class="outlines">
${outlines.join("\n")}
</g>
<g class="areas">
${areas.map(([name, d]) => `<path data-area="${escaped(name)}" d="${d}"/>`).join("\n")}
</g>
<g class="dots">
${dots.map(circle).join("\n")}
<circle class="union" data-code="EU" cx="${euAt.x}" cy="${euAt.y}" r="${DOT}"/>
</g>
</svg>`);
