// Plays takes line by line, with the pauses of the plan between them; marks the word that is heard.
import { get, shapeOf, soundOf } from "./api.js";
import { address, goTo, now, shownLines } from "./book.js";
import { byId, el, icon, ICONS, say } from "./dom.js";

const audio = new Audio();
audio.preload = "auto";
let ahead = null;
let heard = null;
let shape = null;
let waiting = 0;
let goesOn = false;
let onEnd = null;

const playable = (line) => line && line.used !== null && line.used !== undefined;

export async function playLine(line, attempt = line.used, { on = false, at = 0 } = {}) {
  if (attempt === null || attempt === undefined) {
    say(`${line.place} was not spoken yet.`);
    return;
  }
  clearTimeout(waiting);
  goesOn = on;
  onEnd = null;
  mark(line);
  audio.src = soundOf(now.number, line.id, attempt);
  if (at) audio.addEventListener("loadedmetadata", () => { audio.currentTime = at; }, { once: true });
  shape = null;
  await begin();
  shapeOf(now.number, line.id, attempt).then((found) => {
    if (heard && heard.id === line.id) {
      shape = found;
      byId("wave").firstElementChild.setAttribute("d", found.wave);
      showWords(line, found);
    }
  }, () => {});
  prefetch(line);
}

// A sound that is no line: a sample, an audition, a trial of a word.
export async function playSound(path, text, ended = null) {
  clearTimeout(waiting);
  goesOn = false;
  onEnd = ended;
  mark(null);
  shape = null;
  audio.src = path;
  byId("now").textContent = text;
  await begin();
}

export function playFrom(line) {
  return playLine(line, line.used, { on: true });
}

export function toggle(fallback) {
  if (audio.src && !audio.paused) { audio.pause(); clearTimeout(waiting); }
  else if (audio.src && heard && audio.currentTime > 0 && !audio.ended) begin();
  else if (fallback) playFrom(fallback);
}

export function stop() {
  clearTimeout(waiting);
  goesOn = false;
  audio.pause();
}

export function skip(step) {
  const next = nextOf(heard, step);
  if (next) playLine(next, next.used, { on: goesOn });
}

export function skipWord(step) {
  if (!shape || !heard) return;
  const starts = shape.words.map((each) => each[1]);
  const at = starts.filter((each) => each <= audio.currentTime + 0.02).length - 1;
  audio.currentTime = starts[Math.max(0, Math.min(starts.length - 1, at + step))] || 0;
}

// A word that was pressed, of the line that is heard.
export function goToWord(line, place) {
  if (!shape || !heard || heard.id !== line.id || !shape.words[place]) return false;
  audio.currentTime = shape.words[place][1];
  if (audio.paused) begin();
  return true;
}

// The word that is heard now, without its marks.
export function wordNow(line) {
  if (!shape || !heard || heard.id !== line.id) return "";
  const found = [...shape.words].reverse().find((each) => each[1] <= audio.currentTime);
  return found && audio.currentTime > 0 && !audio.ended ? found[0].replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "") : "";
}

async function begin() {
  try {
    await audio.play();
  } catch (error) {
    if (error.name !== "AbortError") say("This sound cannot be played.", true);
  }
}

function nextOf(line, step = 1) {
  const shown = shownLines();
  let at = shown.findIndex((each) => line && each.id === line.id);
  if (at < 0) at = step > 0 ? -1 : shown.length;
  for (at += step; at >= 0 && at < shown.length; at += step) if (playable(shown[at])) return shown[at];
  return null;
}

function prefetch(line) {
  const next = nextOf(line);
  if (!next) return;
  ahead = new Audio(soundOf(now.number, next.id, next.used));
  ahead.preload = "auto";
}

async function nextChapter() {
  const later = now.book.chapters.filter((each) => each.number > now.chapter);
  for (const chapter of later) {
    const { lines } = await get(address(`/chapters/${chapter.number}`));
    const only = byId("only-exceptions").checked;
    if (lines.some((each) => playable(each) && (!only || each.is_exception))) {
      await goTo(chapter.number);
      return nextOf(null);
    }
  }
  return null;
}

async function goOn() {
  const line = nextOf(heard) || await nextChapter();
  if (!line || !goesOn) { mark(null); return; }
  const pause = byId("only-exceptions").checked ? 0.5 : Math.min(line.pause.seconds, 4);
  waiting = setTimeout(() => playLine(line, line.used, { on: true }), pause * 1000);
}

function mark(line) {
  for (const row of document.querySelectorAll(".row.now")) {
    row.classList.remove("now");
    const text = row.querySelector(".text");
    if (text.dataset.plain !== undefined) { text.textContent = text.dataset.plain; delete text.dataset.plain; }
  }
  heard = line;
  byId("wave").firstElementChild.setAttribute("d", "");
  byId("wave").lastElementChild.setAttribute("width", "0");
  byId("now").textContent = line ? `${line.place} ${line.speaker}: ${line.text}` : "Nothing is played.";
  markRow();
}

export function markRow() {
  const row = heard && document.querySelector(`[data-line="${heard.id}"]`);
  if (row && !row.classList.contains("now")) {
    row.classList.add("now");
    row.scrollIntoView({ block: "nearest" });
    if (shape) showWords(heard, shape);
  }
}

function showWords(line, found) {
  const text = document.querySelector(`[data-line="${line.id}"] .text`);
  if (!text || !found.words.length) return;
  if (text.dataset.plain === undefined) text.dataset.plain = text.textContent;
  text.title = `Times of words: ${found.times}`;
  const parts = [];
  let rest = text.dataset.plain;
  for (const [word] of found.words) {
    const at = rest.indexOf(word);
    if (at < 0) return;
    parts.push(rest.slice(0, at), el("span", { class: "word" }, word));
    rest = rest.slice(at + word.length);
  }
  text.replaceChildren(...parts, rest);
}

function follow() {
  const length = audio.duration || 1;
  const share = audio.ended ? 0 : audio.currentTime / length;
  byId("wave").lastElementChild.setAttribute("width", String(200 * share));
  if (heard && shape) {
    const at = shape.words.findIndex(([, from, to]) => audio.currentTime >= from && audio.currentTime < to);
    const words = document.querySelectorAll(`[data-line="${heard.id}"] .word`);
    words.forEach((word, place) => word.classList.toggle("said", place === at));
  }
  if (!audio.paused) requestAnimationFrame(follow);
}

function showState() {
  const play = byId("play");
  play.replaceChildren(icon(audio.paused ? ICONS.play : ICONS.pause));
  play.setAttribute("aria-label", audio.paused ? "Play" : "Pause");
}

audio.addEventListener("play", () => { showState(); follow(); });
audio.addEventListener("pause", showState);
audio.addEventListener("ended", () => {
  showState();
  if (onEnd) onEnd();
  else if (goesOn) goOn();
  else mark(null);
});
