// The lines of a chapter: each with who speaks it, its verdict and, opened, its takes and what can be done.
import { shapeOf } from "./api.js";
import { goTo, look, now, openLine, shownLines } from "./book.js";
import { button, byId, el, icon, ICONS, minutes, say, trying, wave } from "./dom.js";
import { goToWord, markRow, playFrom, playLine } from "./player.js";
import * as change from "./changes.js";

const drawn = new Map();

export function draw() {
  drawBook();
  drawChapters();
  const shown = shownLines();
  const chapter = now.book.chapters.find((each) => each.number === now.chapter);
  byId("chapter-title").textContent = chapter ? chapter.title || `Chapter ${chapter.number + 1}` : "";
  byId("speak-chapter").hidden = !chapter || !chapter.missing;
  byId("nothing").hidden = shown.length > 0;
  byId("lines").lang = now.book.language;
  drawRows(shown);
  markRow();
}

function drawBook() {
  const { title, totals, undo } = now.book;
  document.title = `${title} – higgs studio`;
  byId("title").textContent = title;
  byId("facts").textContent = [
    `${totals.lines} lines, ${minutes(totals.seconds)}`,
    totals.missing ? `${totals.missing} not spoken yet` : "all spoken",
    totals.exceptions ? `${totals.exceptions} to be listened to` : "",
    now.book.why_fixed ? `the script cannot be changed: ${now.book.why_no_script || now.book.why_fixed}` : "",
  ].filter(Boolean).join(" · ");
  const back = byId("undo");
  back.disabled = !undo;
  back.title = undo ? `Undo: ${undo.said}` : "";
  back.setAttribute("aria-label", undo ? `Undo: ${undo.said}` : "Undo");
}

function drawChapters() {
  const buttons = now.book.chapters.map((each) => {
    const count = each.missing ? `${each.lines - each.missing}/${each.lines}` : each.exceptions ? `${each.exceptions} !` : minutes(each.seconds);
    return el("li", {}, button([
      el("span", {}, each.title || `Chapter ${each.number + 1}`), el("span", { class: "count" }, count),
    ], trying(() => goTo(each.number)), { "aria-current": each.number === now.chapter ? "true" : "false", "data-focus": `chapter-${each.number}` }));
  });
  const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.focus : null;
  byId("chapters").replaceChildren(...buttons);
  byId("chapter-pick").replaceChildren(...now.book.chapters.map((each) =>
    el("option", { value: String(each.number), selected: each.number === now.chapter }, each.title || `Chapter ${each.number + 1}`)));
  refocus(byId("chapters"), focused);
}

function refocus(within, name) {
  if (!name) return;
  const found = within.querySelector(`[data-focus="${CSS.escape(name)}"]`);
  if (found) found.focus();
}

function drawRows(shown) {
  const list = byId("lines");
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  const rows = shown.map((line) => {
    const isOpen = line.id === now.open;
    const said = JSON.stringify(line) + isOpen + now.number;
    const old = drawn.get(line.id);
    if (old && old.said === said) return old.row;
    const row = drawRow(line, isOpen);
    drawn.set(line.id, { said, row });
    return row;
  });
  const ids = new Set(shown.map((each) => each.id));
  for (const id of drawn.keys()) if (!ids.has(id)) drawn.delete(id);
  const isSame = rows.length === list.children.length && rows.every((row, at) => list.children[at] === row);
  if (isSame) return;
  list.replaceChildren(...rows);
  refocus(list, focused);
}

function drawRow(line, isOpen) {
  const word = line.verdict === "asked for" ? "asked" : line.verdict;
  const head = el("button", {
    type: "button", class: "line", "aria-expanded": isOpen ? "true" : "false", "data-focus": `line-${line.id}`,
    onclick: (event) => { if (!pressedWord(line, event.target)) toggleLine(line); },
  },
  el("span", { class: "meta" }, el("b", {}, line.speaker), el("span", {}, line.place), el("span", { class: `verdict ${word}` }, line.verdict),
    line.is_locked && el("span", {}, "locked"), line.takes.length > 1 && el("span", {}, `${line.takes.length} takes`),
    line.mood && el("span", {}, line.mood), line.pause.kind === "written" && el("span", {}, `pause ${line.pause.seconds} s`),
    el("span", {}, minutes(line.seconds))),
  el("span", { class: "text" }, line.text));
  const hear = button(icon(ICONS.play), trying(() => playFrom(line)), {
    class: "hear", "aria-label": `Play from ${line.place}`, disabled: line.used === null, "data-focus": `hear-${line.id}`,
  });
  const row = el("li", { class: isOpen ? "row open" : "row", "data-line": line.id }, el("div", { class: "head" }, hear, head));
  if (isOpen) row.append(detail(line));
  return row;
}

function pressedWord(line, target) {
  if (!target.matches(".word")) return false;
  return goToWord(line, [...target.parentElement.querySelectorAll(".word")].indexOf(target));
}

export function toggleLine(line) {
  now.open = now.open === line.id ? null : line.id;
  draw();
  focusLine(line);
}

export function select(line) {
  if (!line) return;
  now.open = line.id;
  draw();
  focusLine(line);
}

function focusLine(line) {
  const head = document.querySelector(`[data-line="${line.id}"] .line`);
  if (head) { head.focus({ preventScroll: true }); head.scrollIntoView({ block: "nearest" }); }
}

function detail(line) {
  const findings = line.findings.map((each) => el("li", {}, el("b", { class: `verdict ${each.verdict}` }, `${each.check}: `), each.detail));
  const isFixed = Boolean(now.book.why_fixed);
  const doing = (text, work, key, off = false) => button(text, trying(() => work(line)), {
    disabled: off, "data-focus": `${key}-${line.id}`, "aria-keyshortcuts": key,
  });
  return el("div", { class: "detail", role: "group", "aria-label": `${line.place}, ${line.speaker}` },
    el("p", { class: "quiet" }, `${line.where} · ${line.voice} · pause before: ${line.pause.seconds} s${line.moment ? ` · at ${minutes(line.moment[0])}` : ""}`),
    line.spoken && el("p", { class: "quiet" }, `Spoken: ${line.spoken}`),
    findings.length > 0 && el("ul", { class: "findings" }, findings),
    takes(line),
    el("div", { class: "doing" },
      doing(line.takes.length ? "Another take" : "Speak it", change.retake, "r", line.is_locked),
      doing("Compare", change.compare, "c", line.takes.length < 2),
      line.is_locked ? doing("Unlock", change.unlock, "l") : doing("Lock", change.lock, "l", line.used === null),
      doing("Text…", change.words, "e", isFixed), doing("Say a word…", change.pronounce, "w", isFixed && !now.book.script),
      doing("Pause…", change.pause, "p", isFixed), line.moods.length > 0 && doing("Mood…", change.mood, "m", isFixed)));
}

function takes(line) {
  return el("ul", { class: "takes", "aria-label": "Takes" }, line.takes.map((take) => {
    const isUsed = take.attempt === line.used;
    const place = el("span");
    shapeOf(now.number, line.id, take.attempt).then((shape) => place.replaceWith(wave(shape)), () => {});
    return el("li", { class: "take" },
      button(icon(ICONS.play), trying(() => playLine(line, take.attempt)), { "aria-label": `Play take ${take.number}`, "data-focus": `take-${take.number}-${line.id}` }),
      place,
      el("span", { class: isUsed ? "used" : "" }, `Take ${take.number}${isUsed ? ", used" : ""} · `, el("span", { class: `verdict ${take.verdict}` }, take.verdict),
        ` · ${take.seconds.toFixed(1)} s`, take.what && el("span", { class: "quiet" }, ` · ${take.what}`)),
      isUsed ? el("span") : button("Use", trying(() => change.choose(line, take.attempt)), { "aria-label": `Use take ${take.number}`, "data-focus": `use-${take.number}-${line.id}` }));
  }));
}

export function needLine(work) {
  return trying(async () => {
    const line = openLine();
    if (line) await work(line);
    else say("Choose a line first: j and k go from line to line.");
  });
}

document.addEventListener("look-again", () => look().catch((error) => say(error.message, true)));
