/** Days on goods: the expiry day is the last good day, everywhere and for everybody. */

/** Is the last good day over? @param {string|null|undefined} expiry @param {string} today both ISO days */
export function isExpired(expiry, today) {
  return Boolean(expiry) && String(expiry) < today;
}

/** The day on this device's wall. @param {number} wall milliseconds */
export function dayOf(wall) {
  const date = new Date(wall);
  return iso(date.getFullYear(), date.getMonth() + 1, date.getDate());
}

/**
 * Six digits as they stand on a carton, year month day; day 00 means the end of the month, as in GS1.
 * Eight digits with the whole year are understood too.
 * @param {string} digits @returns {string|null} ISO day, or null when there is no such day
 */
export function dayFromDigits(digits) {
  const match = /^(?:20)?(\d\d)(\d\d)(\d\d)$/.exec(digits.replace(/[-./ ]/g, ""));
  if (!match) return null;
  const [year, month, day] = [2000 + Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12) return null;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (day > last) return null;
  return iso(year, month, day || last);
}

/** @param {number} year @param {number} month @param {number} day */
function iso(year, month, day) {
  return `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}
