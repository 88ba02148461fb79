/** Making elements. Text only ever becomes text: nothing in this page parses markup from data. */

/** @param {string} id @returns {any} the element of index.html with this id */
export const byId = (id) => document.getElementById(id);

/**
 * Make an element.
 * @param {string} tag
 * @param {Object<string, string|number|boolean|null|undefined>} [attributes] false, null and undefined leave one out
 * @param {...(Node|string|null|undefined|false)} children strings become text
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  fill(element, ...children);
  return element;
}

/** The same for SVG. @returns {SVGElement} */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setAttributes(element, attributes);
  fill(element, ...children);
  return element;
}

/** Replace what an element holds. @param {Element} element @param {...(Node|string|null|undefined|false)} children */
export function fill(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null && child !== undefined && child !== false));
}

/**
 * Replace what a list holds; the focus stays on the entry with the same key, if it is still there.
 * @param {Element} list @param {string} key the attribute that tells entries apart
 * @param {...(Node|false)} children entries, each with a link or button, or being one
 */
export function refill(list, key, ...children) {
  const held = list.contains(document.activeElement) && document.activeElement.closest(`[${key}]`)?.getAttribute(key);
  fill(list, ...children);
  if (typeof held === "string") entry(list, key, held)?.focus();
}

/** What takes the focus in the entry of a list. @param {Element} list @param {string} key @param {string} value */
export function entry(list, key, value) {
  const found = list.querySelector(`[${key}="${CSS.escape(value)}"]`);
  return found?.matches("a, button, [tabindex]") ? found : found?.querySelector("a, button");
}

function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

/**
 * A link to an article, or its text alone where the address is not one of the web: an article may claim any.
 * @param {string|null|undefined} url @param {string} text
 * @returns {HTMLElement}
 */
export function articleLink(url, text) {
  const safe = webAddress(url);
  if (!safe) return el("span", {}, text);
  return el("a", { href: safe, target: "_blank", rel: "noopener noreferrer" }, text);
}

/** @param {string|null|undefined} url @returns {string|null} the address when it is http or https */
export function webAddress(url) {
  try {
    const parsed = new URL(url);
    return parsed.protocol === "http:" || parsed.protocol === "https:" ? parsed.href : null;
  } catch {
    return null;
  }
}

/** Say something to a screen reader when it has time: within the sheet of a phone, where all else is inert. @param {string} text */
export function announce(text) {
  byId(byId("panel").matches(":modal") ? "panel-announcer" : "announcer").textContent = text;
}

/** Call once things have been quiet. @param {Function} call @param {number} ms */
export function debounced(call, ms) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...values), ms);
  };
}

/** Call a moment later, once for all that was asked for in between. @param {Function} call @param {number} ms */
export function gathered(call, ms) {
  let latest = null;
  return (...values) => {
    if (latest === null) {
      setTimeout(() => {
        const last = latest;
        latest = null;
        call(...last);
      }, ms);
    }
    latest = values;
  };
}

/** "1 country", "2 countries". @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
