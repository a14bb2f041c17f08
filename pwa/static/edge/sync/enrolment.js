/** How this device becomes known to the server: a token from an invitation, used once. */

import { newIncarnation } from "../outbox/operation.js";
import { createWire } from "./wire.js";

/**
 * @typedef {{ok: true, device: string, user: any} | {ok: false, reason: 'offline'|'refused', detail: string|null}} Enrolled
 */

/**
 * @param {object} given
 * @param {import('../environment.js').Environment} given.environment
 * @param {ReturnType<typeof import('../store/operations.js').createOperations>} given.operations
 * @param {import('../store/settings.js').Settings} given.settings
 * @param {(reason: string) => void} given.wake
 */
export function createEnrolment({ environment, operations, settings, wake }) {
  return { enrol, identity };

  /** @returns {Promise<import('./wire.js').Identity|null>} */
  async function identity() {
    return (await settings.get("device")) ?? null;
  }

  /**
   * What was captured before stays: it is sent as this device, from number 1.
   * @param {string} token @param {string} name @returns {Promise<Enrolled>}
   */
  async function enrol(token, name) {
    const replica = await operations.replica();
    // A store that already spoke as another device must not go on with its numbers.
    const incarnation = replica.device ? newIncarnation(environment.fill) : replica.incarnation;
    const answer = await createWire(environment, null).ask("/sync/enrol", { token, name, incarnation });
    if (answer.kind === "later") return { ok: false, reason: "offline", detail: null };
    if (answer.kind === "refused") return { ok: false, reason: "refused", detail: answer.body.detail ?? null };
    if (!isEnrolment(answer.body)) return { ok: false, reason: "offline", detail: null };
    await become(answer.body, name, incarnation, incarnation !== replica.incarnation);
    wake("enrolled");
    return { ok: true, device: answer.body.device, user: answer.body.user ?? null };
  }

  /** The secret last: with it the device starts to speak. @param {any} body @param {string} name @param {string} incarnation @param {boolean} isNew */
  async function become(body, name, incarnation, isNew) {
    const { device, secret, generation, user } = body;
    if (isNew) await operations.renumber(incarnation, { device, generation, registered: true });
    else await operations.register({ device, generation, registered: true });
    const warehouse = body.warehouse ?? user?.warehouses?.[0];
    if (warehouse) {
      await settings.put("warehouse", warehouse.id ?? warehouse);
      await settings.put("warehouse_name", warehouse.name ?? warehouse.code ?? null);
    }
    if (user?.language && !(await settings.get("language"))) await settings.put("language", user.language);
    await settings.put("device", { device, secret, name });
  }
}

/** @param {any} body */
function isEnrolment(body) {
  return typeof body.device === "string" && typeof body.secret === "string" && Number.isInteger(body.generation);
}
