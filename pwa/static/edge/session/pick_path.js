/**
 * The walk of a picker on the device: the twin of server/outbound/pick_path.py, for the moment when a bin is
 * skipped or short and there is no network. Both are tested with the same published optima.
 *
 * Ratliff and Rosenthal (Operations Research 31, 1983): from aisle to aisle a state says of each junction whether
 * the tour so far touches it an odd or even number of times, and which junctions hang together.
 *
 * @typedef {{aisle: number, along: number}} Stop  the index of the aisle, and how far along it (mm)
 * @typedef {{aisles: number[], crosses: number[]}} Block  where aisles are, and the cross aisles that cut them
 * @typedef {{order: number[], length: number}} Walk  indexes of the stops in the order of the walk
 * @typedef {{from: string, to: string, length: number}} Edge
 * @typedef {{degrees: number[], parts: number[], cost: number, before: Entry|null, edges: Edge[]}} Entry
 */

const NONE = 0, ODD = 1, EVEN = 2;
/** Beyond this many stops from where one stands, all orders are too many to try. */
const TRY_ALL = 7;

/** @param {Block} block @param {Stop} one @param {Stop} other @returns {number} */
export function distance(block, one, other) {
  if (one.aisle === other.aisle) return Math.abs(one.along - other.along);
  const across = Math.abs(block.aisles[one.aisle] - block.aisles[other.aisle]);
  return across + Math.min(...block.crosses.map((cross) => Math.abs(one.along - cross) + Math.abs(other.along - cross)));
}

/** @param {Block} block @param {Stop[]} stops @param {number[]} order @param {Stop} start @param {Stop} end */
export function lengthOf(block, stops, order, start, end) {
  let length = 0;
  let here = start;
  for (const next of [...order.map((index) => stops[index]), end]) {
    length += distance(block, here, next);
    here = next;
  }
  return length;
}

/** The shortest walk through all stops; from a junction exactly, from within an aisle nearly. @param {Block} block @param {Stop[]} stops @param {Stop} start @param {Stop} end @returns {Walk} */
export function plan(block, stops, start, end) {
  const isJunction = (/** @type {Stop} */ stop) => block.crosses.includes(stop.along);
  if (isJunction(start) && isJunction(end)) return shortest(block, stops, start, end);
  return improved(block, stops, start, end);
}

/** The shortest walk between two junctions. @param {Block} block @param {Stop[]} stops @param {Stop} start @param {Stop} end @returns {Walk} */
export function shortest(block, stops, start, end) {
  const at = new Map(stops.map((stop) => [name(stop), /** @type {number[]} */ ([])]));
  stops.forEach((stop, index) => at.get(name(stop))?.push(index));
  if ([...at.keys(), name(end)].every((key) => key === name(start))) return { order: stops.map((_, index) => index), length: 0 };
  const edges = sweep(block, stops, start, end);
  const seen = new Set(trail(edges, name(start), name(end)));
  const order = [...seen].flatMap((key) => at.get(key) ?? []);
  return { order, length: edges.reduce((sum, edge) => sum + edge.length, 0) };
}

/** @param {Block} block @param {Stop[]} stops @param {Stop} start @param {Stop} end @returns {Edge[]} */
function sweep(block, stops, start, end) {
  const { crosses } = block;
  const odd = new Set(name(start) === name(end) ? [] : [name(start), name(end)]);
  const onCross = stops.filter(({ along }) => crosses.includes(along));
  const required = new Set([...onCross, start, end].map(name));
  const touched = [...stops, start, end].map(({ aisle }) => aisle);
  const first = Math.min(...touched), last = Math.max(...touched);
  /** @type {Entry} */
  const empty = { degrees: crosses.map(() => NONE), parts: crosses.map(() => -1), cost: 0, before: null, edges: [] };
  let table = new Map([[key(empty.degrees, empty.parts), empty]]);
  for (let aisle = first; aisle <= last; aisle += 1) {
    const marks = [...new Set(stops.filter((stop) => stop.aisle === aisle).map(({ along }) => along))].sort((a, b) => a - b);
    for (let part = 0; part < crosses.length - 1; part += 1) table = through(table, crosses, aisle, part, marks);
    table = across(table, block, aisle, aisle === last, odd, required);
  }
  const edges = [];
  for (let entry = table.get(key(empty.degrees, empty.parts)) ?? null; entry; entry = entry.before) edges.push(...entry.edges);
  return edges;
}

/** All ways through one part of an aisle. @param {Map<string, Entry>} table @param {number[]} crosses @param {number} aisle @param {number} part @param {number[]} along */
function through(table, crosses, aisle, part, along) {
  const low = crosses[part], high = crosses[part + 1];
  const marks = along.filter((mark) => low < mark && mark < high);
  const chain = [low, ...marks, high];
  const after = new Map();
  for (const entry of table.values()) {
    if (!marks.length) keep(after, entry);
    for (const times of [1, 2]) {
      const begun = begin(entry.parts, [part, part + 1]);
      const parts = begun.map((one) => (one === begun[part] ? begun[part + 1] : one));
      keep(after, longer(entry, touch(entry.degrees, [part, part + 1], times), parts, stretch(aisle, chain, times, -1)));
    }
    if (!marks.length) continue;
    for (let gap = 0; gap < chain.length - 1; gap += 1) {
      const ends = [...(gap !== 0 ? [part] : []), ...(gap !== chain.length - 2 ? [part + 1] : [])];
      keep(after, longer(entry, touch(entry.degrees, ends, 2), begin(entry.parts, ends), stretch(aisle, chain, 2, gap)));
    }
  }
  return after;
}

/** All ways on to the next aisle. @param {Map<string, Entry>} table @param {Block} block @param {number} aisle @param {boolean} isLast @param {Set<string>} odd @param {Set<string>} required */
function across(table, { aisles, crosses }, aisle, isLast, odd, required) {
  const step = isLast ? 0 : aisles[aisle + 1] - aisles[aisle];
  const after = new Map();
  for (const entry of table.values()) {
    const choices = entry.degrees.map((degree, index) => onward(name({ aisle, along: crosses[index] }), degree, odd, required));
    for (const times of product(choices)) {
      if (isLast && times.some(Boolean)) continue;
      const living = new Set(entry.parts.filter((part, index) => part >= 0 && times[index]));
      const ended = new Set(entry.parts.filter((part) => part >= 0 && !living.has(part)));
      if (ended.size && (living.size || ended.size > 1 || !isLast)) continue; // a part left behind is never joined
      const parts = entry.parts.map((part, index) => (times[index] ? (part >= 0 ? part : 1000 + index) : -1));
      const edges = crosses.flatMap((along, index) =>
        Array.from({ length: times[index] }, () => ({ from: name({ aisle, along }), to: name({ aisle: aisle + 1, along }), length: step })));
      keep(after, longer(entry, times, parts, edges));
    }
  }
  return after;
}

/** @param {string} junction @param {number} degree @param {Set<string>} odd @param {Set<string>} required */
function onward(junction, degree, odd, required) {
  if ((degree === ODD) !== odd.has(junction)) return [1];
  return degree === NONE && required.has(junction) ? [2] : [0, 2];
}

/** @param {number} aisle @param {number[]} chain @param {number} times @param {number} gap @returns {Edge[]} */
function stretch(aisle, chain, times, gap) {
  const edges = [];
  for (let index = 0; index < chain.length - 1; index += 1) {
    if (index === gap) continue;
    const edge = { from: name({ aisle, along: chain[index] }), to: name({ aisle, along: chain[index + 1] }), length: chain[index + 1] - chain[index] };
    for (let copy = 0; copy < times; copy += 1) edges.push(edge);
  }
  return edges;
}

/** @param {Entry} before @param {number[]} degrees @param {number[]} parts @param {Edge[]} edges @returns {Entry} */
function longer(before, degrees, parts, edges) {
  return { degrees, parts: renumbered(parts), cost: before.cost + edges.reduce((sum, edge) => sum + edge.length, 0), before, edges };
}

/** @param {Map<string, Entry>} table @param {Entry} entry */
function keep(table, entry) {
  const state = key(entry.degrees, entry.parts);
  const standing = table.get(state);
  if (!standing || entry.cost < standing.cost) table.set(state, entry);
}

/** @param {number[]} degrees @param {number[]} junctions @param {number} times */
function touch(degrees, junctions, times) {
  return degrees.map((degree, index) => (!junctions.includes(index) ? degree : (degree === ODD) !== (times === 1) ? ODD : EVEN));
}

/** @param {number[]} parts @param {number[]} junctions */
function begin(parts, junctions) {
  return parts.map((part, index) => (part < 0 && junctions.includes(index) ? 2000 + index : part));
}

/** @param {number[]} parts */
function renumbered(parts) {
  const names = new Map();
  return parts.map((part) => {
    if (part < 0) return -1;
    if (!names.has(part)) names.set(part, names.size);
    return names.get(part);
  });
}

/** @param {number[][]} choices @returns {number[][]} */
function product(choices) {
  return choices.reduce((rows, options) => rows.flatMap((row) => options.map((option) => [...row, option])), /** @type {number[][]} */ ([[]]));
}

/** A walk over every edge once (Hierholzer 1873). @param {Edge[]} edges @param {string} start @param {string} end */
function trail(edges, start, end) {
  /** @type {Map<string, number[]>} */
  const ways = new Map([[start, []]]);
  edges.forEach(({ from, to }, index) => {
    for (const node of [from, to]) ways.set(node, [...(ways.get(node) ?? []), index]);
  });
  const walked = new Set();
  const path = [end], nodes = [];
  while (path.length) {
    const here = path[path.length - 1];
    const open = ways.get(here) ?? [];
    while (open.length && walked.has(open[open.length - 1])) open.pop();
    const index = open.pop();
    if (index === undefined) nodes.push(/** @type {string} */ (path.pop()));
    else {
      walked.add(index);
      path.push(edges[index].from === here ? edges[index].to : edges[index].from);
    }
  }
  return nodes;
}

/** From within an aisle: all orders of a few stops, else the nearest first and then two-opt and moving one. @param {Block} block @param {Stop[]} stops @param {Stop} start @param {Stop} end @returns {Walk} */
function improved(block, stops, start, end) {
  const far = distances(block, [...stops, start, end]);
  if (stops.length <= TRY_ALL) return best(permutations(stops.map((_, index) => index)), far, stops.length);
  const walk = [stops.length, ...nearestFirst(far, stops.length), stops.length + 1];
  for (let change = bestChange(walk, far); change.gain > 0; change = bestChange(walk, far)) apply(walk, change);
  const order = walk.slice(1, -1);
  return { order, length: along(order, far, stops.length) };
}

/** How far all of them are from each other; start and end stand last. @param {Block} block @param {Stop[]} places @returns {number[][]} */
function distances(block, places) {
  return places.map((one) => places.map((other) => distance(block, one, other)));
}

/** @param {number[]} order @param {number[][]} far @param {number} start */
function along(order, far, start) {
  let length = 0;
  let here = start;
  for (const next of [...order, start + 1]) {
    length += far[here][next];
    here = next;
  }
  return length;
}

/** @param {Iterable<number[]>} orders @param {number[][]} far @param {number} start @returns {Walk} */
function best(orders, far, start) {
  let found = { order: /** @type {number[]} */ ([]), length: Infinity };
  for (const order of orders) {
    const length = along(order, far, start);
    if (length < found.length) found = { order, length };
  }
  return found;
}

/** @param {number[]} rest @returns {Iterable<number[]>} */
function* permutations(rest) {
  if (!rest.length) yield [];
  for (const first of rest) for (const tail of permutations(rest.filter((one) => one !== first))) yield [first, ...tail];
}

/** @param {number[][]} far @param {number} start */
function nearestFirst(far, start) {
  const rest = new Set(Array.from({ length: start }, (_, index) => index));
  const order = [];
  for (let here = start; rest.size;) {
    const next = [...rest].reduce((near, one) => (far[here][one] < far[here][near] ? one : near));
    rest.delete(next);
    order.push(next);
    here = next;
  }
  return order;
}

/**
 * The stretch to turn round, or the stop to move, that shortens the walk most. Only the ways that change are added up.
 * @param {number[]} walk with start and end @param {number[][]} far @returns {{gain: number, from: number, to: number, isMove: boolean}}
 */
function bestChange(walk, far) {
  const found = { gain: 0, from: 0, to: 0, isMove: false };
  for (let from = 1; from < walk.length - 1; from += 1) {
    const [before, here, after] = [walk[from - 1], walk[from], walk[from + 1]];
    const freed = far[before][here] + far[here][after] - far[before][after];
    for (let to = 0; to < walk.length - 1; to += 1) {
      const [left, right] = [walk[to], walk[to + 1]];
      if (to > from) keepBest(found, far[before][here] + far[left][right] - far[before][left] - far[here][right], from, to, false);
      if (to !== from && to !== from - 1) keepBest(found, freed - far[left][here] - far[here][right] + far[left][right], from, to, true);
    }
  }
  return found;
}

/** @param {{gain: number, from: number, to: number, isMove: boolean}} found @param {number} gain @param {number} from @param {number} to @param {boolean} isMove */
function keepBest(found, gain, from, to, isMove) {
  if (gain > found.gain) Object.assign(found, { gain, from, to, isMove });
}

/** @param {number[]} walk @param {{from: number, to: number, isMove: boolean}} change */
function apply(walk, { from, to, isMove }) {
  if (!isMove) return void walk.splice(from, to - from + 1, ...walk.slice(from, to + 1).reverse());
  const [one] = walk.splice(from, 1);
  walk.splice(to < from ? to + 1 : to, 0, one);
}

/** @param {Stop} stop */
function name({ aisle, along }) {
  return `${aisle}/${along}`;
}

/** @param {number[]} degrees @param {number[]} parts */
function key(degrees, parts) {
  return `${degrees}|${parts}`;
}
