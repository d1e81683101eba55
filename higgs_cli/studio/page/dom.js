// Elements, messages and the one dialog.
const SVG = "http://www.w3.org/2000/svg";
export const byId = (id) => document.getElementById(id);

export function el(name, given = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "class") made.className = value;
    else if (key in made && typeof value !== "string") made[key] = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false));
  return made;
}

export function button(text, onclick, given = {}) {
  return el("button", { type: "button", onclick, ...given }, text);
}

export const ICONS = { play: "M4 2l10 6-10 6z", pause: "M4 2v12M12 2v12" };

export function icon(path) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 16 16");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  const stroke = document.createElementNS(SVG, "path");
  stroke.setAttribute("d", path);
  picture.append(stroke);
  return picture;
}

export function wave(shape) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", `0 0 ${shape.width} 60`);
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", shape.wave);
  path.setAttribute("class", "wave-line");
  picture.append(path);
  return picture;
}

export function say(text, isTrouble = false) {
  const message = el("p", { class: isTrouble ? "message trouble" : "message" }, text);
  byId("messages").append(message);
  setTimeout(() => message.remove(), isTrouble ? 12000 : 5000);
}

// What goes wrong in a press of a button is told, and nothing else happens.
export function trying(work) {
  return async (...given) => {
    try {
      return await work(...given);
    } catch (error) {
      say(error.message, true);
      if (error.status === 409 || error.status === 404) document.dispatchEvent(new Event("look-again"));
      return undefined;
    }
  };
}

const dialog = byId("dialog");
let whenClosed = null;

export function openDialog(title, body, closed = null) {
  if (dialog.open) dialog.close();
  leave();
  byId("dialog-title").textContent = title;
  byId("dialog-body").replaceChildren(...[body].flat());
  whenClosed = closed;
  dialog.showModal();
  const first = byId("dialog-body").querySelector("[autofocus], input, textarea, select, button");
  if (first) first.focus();
}

export function closeDialog() {
  if (dialog.open) dialog.close();
}

function leave() {
  const closed = whenClosed;
  whenClosed = null;
  byId("dialog-body").replaceChildren();
  if (closed) closed();
}

// It is told late: by then another may be open.
dialog.addEventListener("close", () => { if (!dialog.open) leave(); });

export function minutes(seconds) {
  const whole = Math.round(seconds);
  const rest = String(whole % 60).padStart(2, "0");
  return whole >= 3600
    ? `${Math.floor(whole / 3600)}:${String(Math.floor(whole / 60) % 60).padStart(2, "0")}:${rest}`
    : `${Math.floor(whole / 60)}:${rest}`;
}
