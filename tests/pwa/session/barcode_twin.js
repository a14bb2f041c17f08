/** The device's resolver as a filter, for tests/catalog/test_barcode.py: a line of scans in, a line of answers out. */

import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { normalise, resolve } from "../../../pwa/static/edge/session/barcode.js";
import { told, world } from "./barcode_world.js";

const lookup = world(JSON.parse(readFileSync(process.argv[2], "utf8")).world);

for await (const line of createInterface({ input: process.stdin })) {
  const answers = [];
  for (const scan of JSON.parse(line)) {
    answers.push({ ...told(await resolve(scan, lookup)), key: normalise(scan.text) });
  }
  process.stdout.write(`${JSON.stringify(answers)}\n`);
}
