/** The route table of the edge: what the hand app may ask the device. */

import * as binding from "./binding.js";
import * as carrying from "./carrying.js";
import * as checking from "./checking.js";
import * as counting from "./counting.js";
import * as device from "./device.js";
import * as guiding from "./guiding.js";
import * as home from "./home.js";
import * as lookup from "./lookup.js";
import * as moving from "./moving.js";
import * as packing from "./packing.js";
import * as picking from "./picking.js";
import * as place from "./place.js";
import * as printing from "./printing.js";
import * as receiving from "./receiving.js";
import * as rescue from "./rescue.js";
import * as scan from "./scan.js";
import * as shipping from "./shipping.js";
import * as signin from "./signin.js";
import * as undo from "./undo.js";
import * as waiting from "./waiting.js";

/** @typedef {(ctx: any) => unknown} Handler */

/** @type {{method: string, path: string, handler: Handler}[]} */
export const routes = [
  get("/edge/start", home.start),
  get("/edge/home", (ctx) => home.home(ctx)),
  get("/edge/badge", home.badge),
  get("/edge/contact", home.contact),
  post("/edge/language", home.language),
  post("/edge/scan", scan.scanned),

  get("/edge/receive", receiving.show),
  post("/edge/receive/quantity", receiving.quantity),
  post("/edge/receive/marks", receiving.marks),
  post("/edge/receive/cancel", receiving.cancel),
  post("/edge/receive/receipt", receiving.receipt),
  get("/edge/receive/place", place.ask("receive")),
  post("/edge/receive/place", place.choose("receive")),

  get("/edge/move", moving.show),
  post("/edge/move/quantity", moving.quantity),
  post("/edge/move/marks", moving.marks),
  post("/edge/move/cancel", moving.cancel),
  get("/edge/move/place", place.ask("move")),
  post("/edge/move/place", place.choose("move")),

  get("/edge/pick", picking.show),
  post("/edge/pick/quantity", picking.quantity),
  post("/edge/pick/marks", picking.marks),
  post("/edge/pick/cancel", picking.cancel),
  get("/edge/pick/short", picking.askShort),
  post("/edge/pick/short", picking.short),
  get("/edge/pick/place", place.ask("pick")),
  post("/edge/pick/place", place.choose("pick")),

  get("/edge/guide", guiding.show),
  get("/edge/guide/tile", guiding.tile),
  get("/edge/guide/news", guiding.news),
  get("/edge/guide/list", guiding.list),
  post("/edge/guide/next", guiding.next),
  post("/edge/guide/take", guiding.take),
  post("/edge/guide/leave", guiding.leave),
  post("/edge/guide/zone", guiding.goOn),
  post("/edge/guide/quantity", guiding.quantity),
  post("/edge/guide/marks", guiding.marks),
  post("/edge/guide/cancel", guiding.cancel),
  post("/edge/guide/undo", guiding.undo),
  post("/edge/guide/skip", guiding.skip),
  post("/edge/guide/empty", guiding.empty),
  get("/edge/guide/short", guiding.askShort),
  post("/edge/guide/short", guiding.short),

  get("/edge/pack", packing.show),
  post("/edge/pack/notice", packing.choose),
  post("/edge/pack/quantity", packing.quantity),
  post("/edge/pack/marks", packing.marks),
  post("/edge/pack/all", packing.allIn),
  post("/edge/pack/carton", packing.another),
  post("/edge/pack/seal", packing.seal),
  post("/edge/pack/opening", packing.reopen),
  post("/edge/pack/cancel", packing.cancel),

  get("/edge/check", checking.show),
  post("/edge/check/quantity", checking.quantity),
  post("/edge/check/marks", checking.marks),
  post("/edge/check/done", checking.done),
  post("/edge/check/alone", checking.alone),
  post("/edge/check/cancel", checking.cancel),
  post("/edge/check/second", checking.who),
  post("/edge/check/pin", checking.pin),

  get("/edge/ship", shipping.showShip),
  post("/edge/ship/tracking", shipping.track),
  post("/edge/ship/carrier", shipping.carrier),
  post("/edge/ship/unload", shipping.unload),
  post("/edge/ship/departure", shipping.send),

  get("/edge/door", shipping.showDoor),
  post("/edge/door/notice", shipping.choose),
  post("/edge/door/picture", shipping.picture),
  post("/edge/door/delivered", shipping.delivered),
  post("/edge/door/refusal", shipping.refuse),
  post("/edge/door/cancel", shipping.cancel),

  get("/edge/carry", carrying.show),
  post("/edge/carry/job", carrying.choose),
  post("/edge/carry/quantity", carrying.quantity),
  post("/edge/carry/marks", carrying.marks),
  post("/edge/carry/short", carrying.short),
  post("/edge/carry/cancel", carrying.cancel),

  get("/edge/count", counting.show),
  post("/edge/count/at", counting.at),
  post("/edge/count/quantity", counting.quantity),
  post("/edge/count/marks", counting.marks),
  post("/edge/count/choose", counting.choose),
  post("/edge/count/done", counting.done),
  post("/edge/count/empty", counting.empty),
  post("/edge/count/cancel", counting.cancel),

  get("/edge/lookup", lookup.start),
  get("/edge/lookup/results", lookup.results),
  get("/edge/bind", binding.show),
  post("/edge/bind", binding.begin),
  get("/edge/bind/results", binding.results),
  post("/edge/bind/item", binding.item),
  post("/edge/bind/unit", binding.unit),
  post("/edge/bind/cancel", binding.cancel),
  post("/edge/bind/confirmation", binding.confirm),

  get("/edge/items/:id", lookup.item),
  get("/edge/locations/:id", lookup.place),
  get("/edge/print/:subject/:id", printing.ask),
  post("/edge/print", printing.request),

  get("/edge/undo", (ctx) => undo.show(ctx)),
  post("/edge/undo/:id", undo.undo),
  get("/edge/waiting", waiting.show),
  post("/edge/waiting/:id/seen", waiting.dismiss),
  get("/edge/unsent", waiting.unsent),
  get("/edge/rescue", rescue.give),
  get("/edge/take-in", rescue.begin),
  post("/edge/take-in/file", rescue.file),
  get("/edge/device", device.show),

  get("/edge/signin", (ctx) => signin.who(ctx)),
  post("/edge/signin", signin.choose),
  post("/edge/signin/pin", signin.pin),
  post("/edge/signin/first", signin.first),
  post("/edge/signout", signin.leave),
];

/** @param {string} path @param {Handler} handler */
function get(path, handler) {
  return { method: "GET", path, handler };
}

/** @param {string} path @param {Handler} handler */
function post(path, handler) {
  return { method: "POST", path, handler };
}
