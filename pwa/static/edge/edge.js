/** The edge server of this device, put together: stores, outbox and synchronising, from one environment. */

import { browserEnvironment } from "./environment.js";
import { createJournal } from "./outbox/journal.js";
import { idMaker } from "./outbox/operation.js";
import { createOutbox } from "./outbox/outbox.js";
import { createSender } from "./outbox/sending.js";
import { createOperations } from "./store/operations.js";
import { createPeople } from "./store/people.js";
import { createPictures } from "./store/pictures.js";
import { createRows, openEdge } from "./store/rows.js";
import { createSettings } from "./store/settings.js";
import { createCycle } from "./sync/cycle.js";
import { createEnrolment } from "./sync/enrolment.js";
import { createPull } from "./sync/pull.js";

/** @typedef {ReturnType<typeof createEdge>} Edge */

/** @param {import('./environment.js').Environment} environment @param {{rounds?: number}} [options] */
export function createEdge(environment, { rounds } = {}) {
  const newId = idMaker(environment.wall, environment.fill);
  const database = openEdge(environment);
  const operations = createOperations(environment, { newId });
  const journal = createJournal(environment);
  const settings = createSettings(database);
  const rows = createRows({ environment, database, operations });
  const wake = (/** @type {string} */ reason) => cycle.wake(reason);
  const outbox = createOutbox({
    environment, operations, journal, wake, newId, decision: rows.outcome, contact: () => cycle.contact(),
    basis: async () => {
      const { generation, cursor } = await rows.latestBase();
      return { generation, cursor };
    },
  });
  const { enrol, identity } = createEnrolment({ environment, operations, settings, wake });
  const people = createPeople({ environment, settings, identity, newId, ...(rounds ? { rounds } : {}) });
  const pictures = createPictures({ environment, identity });
  const repairs = repairsIn(settings);
  const sender = createSender({
    environment, operations, journal, outbox, identity, report: repairs.told,
    reported: async (told) => {
      await repairs.heard(told);
      await people.seen();
    },
  });
  const puller = createPull({ environment, rows, identity, push: sender.push, report: repairs.add });
  const cycle = createCycle({ environment, sender, puller, operations, rows, settings, pictures });

  return { environment, operations, journal, settings, rows, outbox, people, pictures, sender, puller, cycle, enrol, identity, start, live };

  /** After every start of a page or a worker: what the journal knows first, then the server. */
  async function start() {
    await outbox.recover();
    cycle.wake("start");
  }

  /** What the live socket says first. @returns {Promise<{generation: number, cursor: number, token: string}|null>} */
  async function live() {
    const [who, { generation, cursor }] = await Promise.all([identity(), rows.base()]);
    return who && { generation, cursor, token: `${who.device}.${who.secret}` };
  }
}

/**
 * Repairs of the base are told to the server with the next push, until it has heard them.
 * @param {import('./store/settings.js').Settings} settings
 */
function repairsIn(settings) {
  const read = async () => /** @type {import('./sync/digest.js').Repair[]} */ ((await settings.get("repairs")) ?? []);
  return {
    /** @param {import('./sync/digest.js').Repair} repair */
    add: async (repair) => settings.put("repairs", [...(await read()), repair].slice(-20)),
    told: async () => {
      const repairs = await read();
      return repairs.length ? { repairs } : {};
    },
    /** @param {Record<string, any>} told */
    heard: async ({ repairs = [] }) => {
      if (repairs.length) await settings.put("repairs", (await read()).slice(repairs.length));
    },
  };
}

/** @type {Edge|null} */
let own = null;

/** The edge of this page or worker, started on first use. @returns {Edge} */
export function edge() {
  if (!own) {
    own = createEdge(browserEnvironment());
    own.start().catch((error) => console.error("the journal could not be read", error));
  }
  return own;
}
